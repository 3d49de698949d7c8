import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js';
import { DbInstance } from '@cdktf/provider-aws/lib/db-instance/index.js';
import { DbSubnetGroup } from '@cdktf/provider-aws/lib/db-subnet-group/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js';
import { Construct } from 'constructs';
import { MYSQL_PORT } from './database-access.ts';
import { makeDatabaseParameters } from './database-parameters.ts';
import { DatabasePassword } from './database-password.ts';
import { formatPolicy } from './policy.ts';
import type { Elsewhere, Surroundings } from './surroundings.ts';

export interface DatabaseProps {
  readonly surroundings: Surroundings;
  readonly keyArn: string;
  readonly groupId: string;
  readonly subnetIds: readonly string[];
}

export interface ReplicaProps extends Elsewhere {
  readonly name: string;
  readonly keyArn: string;
  readonly groupId: string;
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
    const { name, protectData, database } = surroundings.config;
    this.#surroundings = surroundings;
    this.#parameterGroup = makeDatabaseParameters(this, 'parameters', { name, version: database.version }).name;
    this.#monitoringRoleArn = this.#makeMonitoringRole();
    const password = database.replicas.length > 0 ? new DatabasePassword(this, 'password', props) : undefined;
    this.#instance = new DbInstance(this, 'instance', {
      ...this.#shared(keyArn, props.groupId),
      identifier: name,
      engine: 'mysql',
      engineVersion: database.version,
      instanceClass: database.instanceClass,
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
      dependsOn: this.#makeLogGroups(keyArn),
      lifecycle: { preventDestroy: protectData },
    });
    this.host = this.#instance.address;
    this.arn = this.#instance.arn;
    this.masterSecretArn = password?.secretArn ?? this.#instance.masterUserSecret.get(0).secretArn;
  }

  /** Adds a copy that follows the database, for reading and to be promoted after a disaster. @returns its host */
  addReplica(id: string, props: ReplicaProps): string {
    const { provider, subnetIds } = props;
    const { database, protectData } = this.#surroundings.config;
    const { version } = database;
    const replica = new DbInstance(this, id, {
      ...this.#shared(props.keyArn, props.groupId),
      provider,
      identifier: props.name,
      instanceClass: props.instanceClass ?? database.instanceClass,
      replicateSourceDb: subnetIds ? this.#instance.arn : this.#instance.identifier,
      ...(subnetIds && { dbSubnetGroupName: this.#makeSubnetGroup(`${id}-subnets`, subnetIds, { provider }) }),
      parameterGroupName: subnetIds
        ? makeDatabaseParameters(this, `${id}-parameters`, { name: props.name, version, provider }).name
        : this.#parameterGroup,
      iamDatabaseAuthenticationEnabled: true,
      deletionProtection: protectData,
      skipFinalSnapshot: true,
    });
    return replica.address;
  }

  #shared(keyArn: string, groupId: string) {
    const { database } = this.#surroundings.config;
    return {
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
      enabledCloudwatchLogsExports: ['error', 'slowquery'],
      performanceInsightsEnabled: true,
      performanceInsightsKmsKeyId: keyArn,
      monitoringInterval: 60,
      monitoringRoleArn: this.#monitoringRoleArn,
    };
  }

  #makeSubnetGroup(id: string, subnetIds: readonly string[], { provider }: Elsewhere = {}): string {
    const { name } = this.#surroundings.config;
    const group = new DbSubnetGroup(this, id, { provider, namePrefix: `${name}-`, subnetIds: [...subnetIds] });
    return group.name;
  }

  #makeMonitoringRole(): string {
    const { config, partition } = this.#surroundings;
    const role = new IamRole(this, 'monitoring', {
      name: `${config.name}-database-monitoring`,
      assumeRolePolicy: formatPolicy([
        { principal: { Service: 'monitoring.rds.amazonaws.com' }, actions: ['sts:AssumeRole'] },
      ]),
    });
    new IamRolePolicyAttachment(this, 'monitoring-policy', {
      role: role.name,
      policyArn: `arn:${partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole`,
    });
    return role.arn;
  }

  /** Made here, because those that RDS makes are kept for ever and without our key. */
  #makeLogGroups(keyArn: string): CloudwatchLogGroup[] {
    const { name, logDays } = this.#surroundings.config;
    return ['error', 'slowquery'].map(
      (log) =>
        new CloudwatchLogGroup(this, `log-${log}`, {
          name: `/aws/rds/instance/${name}/${log}`,
          retentionInDays: roundUpRetention(logDays),
          kmsKeyId: keyArn,
        }),
    );
  }
}

/** CloudWatch keeps logs for certain numbers of days only. */
export function roundUpRetention(days: number): number {
  const offered = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
  ];
  return offered.find((number) => number >= days) ?? 3653;
}
