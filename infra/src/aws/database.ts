import { DbInstance } from '@cdktf/provider-aws/lib/db-instance/index.js';
import { DbSubnetGroup } from '@cdktf/provider-aws/lib/db-subnet-group/index.js';
import { Construct } from 'constructs';
import { MYSQL_PORT } from './database-access.ts';
import { DATABASE_LOGS, makeDatabaseLogs } from './database-logs.ts';
import { makeMonitoringRole } from './database-monitoring.ts';
import { makeDatabaseParameters } from './database-parameters.ts';
import { DatabasePassword } from './database-password.ts';
import type { Elsewhere, Surroundings } from './surroundings.ts';

/** Where a database lies; what it is like the configuration says. */
export interface DatabaseProps {
  readonly surroundings: Surroundings;
  /** Of storage, backups, logs and the master's password. */
  readonly keyArn: string;
  /** Security group that says who may connect. */
  readonly groupId: string;
  /** Private ones, in two zones or more. */
  readonly subnetIds: readonly string[];
}

/** Where a copy of the database lies. */
export interface ReplicaProps extends Elsewhere {
  readonly name: string;
  /** A key of its region. */
  readonly keyArn: string;
  /** Security group of its region. */
  readonly groupId: string;
  /** Without it, that of the database. */
  readonly instanceClass?: string;
  /** Where the replica lies in another region than the database. */
  readonly subnetIds?: readonly string[];
}

/** RDS for MySQL 8: over several zones, encrypted, reached over TLS alone, backed up and protected from deletion. */
export class Database extends Construct {
  readonly host: string;
  readonly arn: string;
  /** ARN of the secret with the master's password. */
  readonly masterSecretArn: string;

  readonly #surroundings: Surroundings;
  readonly #instance: DbInstance;
  readonly #parameterGroup: string;
  readonly #monitoringRoleArn: string;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    const { surroundings, keyArn } = props;
    const { name, protectData, logDays, database } = surroundings.config;
    this.#surroundings = surroundings;
    this.#parameterGroup = makeDatabaseParameters(this, 'parameters', { name, version: database.version }).name;
    this.#monitoringRoleArn = makeMonitoringRole(this, surroundings);
    const password = database.replicas.length > 0 ? new DatabasePassword(this, 'password', props) : undefined;
    this.#instance = new DbInstance(this, 'instance', {
      ...this.#shared(keyArn, props.groupId, database.instanceClass),
      identifier: name,
      engine: 'mysql',
      engineVersion: database.version,
      allocatedStorage: database.storageGib,
      storageType: 'gp3',
      dbName: 'zenml',
      username: 'zenml_master',
      port: MYSQL_PORT,
      dbSubnetGroupName: this.#makeSubnetGroup('subnets', props.subnetIds),
      multiAz: database.multiAz,
      parameterGroupName: this.#parameterGroup,
      ...(password
        ? { passwordWo: password.ephemeralValue, passwordWoVersion: password.version }
        : { manageMasterUserPassword: true, masterUserSecretKmsKeyId: keyArn }),
      iamDatabaseAuthenticationEnabled: true,
      deletionProtection: protectData,
      skipFinalSnapshot: !protectData,
      finalSnapshotIdentifier: protectData ? `${name}-final` : undefined,
      deleteAutomatedBackups: !protectData,
      dependsOn: makeDatabaseLogs(this, 'log', { identifier: name, logDays, keyArn }),
      lifecycle: { preventDestroy: protectData },
    });
    this.host = this.#instance.address;
    this.arn = this.#instance.arn;
    this.masterSecretArn = password?.secretArn ?? this.#instance.masterUserSecret.get(0).secretArn;
  }

  /** Adds a copy that follows the database, for reading and to be promoted after a disaster. @returns its host */
  addReplica(id: string, props: ReplicaProps): string {
    const { provider, subnetIds } = props;
    const { database, protectData, logDays } = this.#surroundings.config;
    const { version } = database;
    const replica = new DbInstance(this, id, {
      ...this.#shared(props.keyArn, props.groupId, props.instanceClass ?? database.instanceClass),
      provider,
      identifier: props.name,
      replicateSourceDb: subnetIds ? this.#instance.arn : this.#instance.identifier,
      ...(subnetIds && { dbSubnetGroupName: this.#makeSubnetGroup(`${id}-subnets`, subnetIds, { provider }) }),
      parameterGroupName: subnetIds
        ? makeDatabaseParameters(this, `${id}-parameters`, { name: props.name, version, provider }).name
        : this.#parameterGroup,
      iamDatabaseAuthenticationEnabled: true,
      deletionProtection: protectData,
      skipFinalSnapshot: true,
      dependsOn: makeDatabaseLogs(this, `${id}-log`, {
        identifier: props.name,
        logDays,
        keyArn: props.keyArn,
        provider,
      }),
    });
    return replica.address;
  }

  #shared(keyArn: string, groupId: string, instanceClass: string) {
    const { database } = this.#surroundings.config;
    return {
      instanceClass,
      maxAllocatedStorage: database.maxStorageGib,
      storageEncrypted: true,
      kmsKeyId: keyArn,
      publiclyAccessible: false,
      vpcSecurityGroupIds: [groupId],
      backupRetentionPeriod: database.backupDays,
      backupWindow: '02:00-03:00',
      maintenanceWindow: 'sun:03:30-sun:04:30',
      autoMinorVersionUpgrade: true,
      copyTagsToSnapshot: true,
      caCertIdentifier: 'rds-ca-rsa2048-g1',
      enabledCloudwatchLogsExports: [...DATABASE_LOGS],
      ...(hasInsights(instanceClass) && { performanceInsightsEnabled: true, performanceInsightsKmsKeyId: keyArn }),
      monitoringInterval: 60,
      monitoringRoleArn: this.#monitoringRoleArn,
    };
  }

  #makeSubnetGroup(id: string, subnetIds: readonly string[], { provider }: Elsewhere = {}): string {
    const { name } = this.#surroundings.config;
    const group = new DbSubnetGroup(this, id, { provider, namePrefix: `${name}-`, subnetIds: [...subnetIds] });
    return group.name;
  }
}

/** RDS for MySQL has no Performance Insights on the smallest classes. */
function hasInsights(instanceClass: string): boolean {
  return !/^db\.t[^.]*\.(micro|small)$/.test(instanceClass);
}
