import { SqlDatabase } from '@cdktf/provider-google/lib/sql-database/index.js';
import {
  SqlDatabaseInstance,
  type SqlDatabaseInstanceSettings,
} from '@cdktf/provider-google/lib/sql-database-instance/index.js';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { GoogleConfig } from '../config/google-config.ts';

/** Where a database lies; what it is like the configuration says. */
export interface DatabaseProps {
  readonly config: GoogleConfig;
  /** Of the instances, which take none of the provider. */
  readonly labels: Record<string, string>;
  readonly networkId: string;
  /** What must be there before. */
  readonly dependsOn: ITerraformDependable[];
}

/** Settings of MySQL. */
const FLAGS = {
  local_infile: 'off',
  skip_show_database: 'on',
  slow_query_log: 'on',
  long_query_time: '2',
  log_output: 'FILE',
};

/** Cloud SQL for MySQL 8: in two zones, on private addresses and over TLS alone, backed up and protected from deletion. */
export class Database extends Construct {
  readonly host: string;
  readonly instanceName: string;
  /** Certificate of the authority that signed the instance's, PEM. */
  readonly authority: string;
  readonly replicaHosts: readonly string[];

  readonly #props: DatabaseProps;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    this.#props = props;
    const { name, protectData, database, encryptionKey } = props.config;
    const instance = new SqlDatabaseInstance(this, 'instance', {
      ...this.#shared(encryptionKey),
      name,
      region: props.config.region,
      settings: {
        ...this.#settings(database.tier),
        availabilityType: database.highAvailability ? 'REGIONAL' : 'ZONAL',
        backupConfiguration: {
          enabled: true,
          binaryLogEnabled: true,
          startTime: '02:00',
          transactionLogRetentionDays: database.binaryLogDays,
          backupRetentionSettings: { retainedBackups: database.backupsToKeep, retentionUnit: 'COUNT' },
        },
        maintenanceWindow: { day: 7, hour: 3, updateTrack: 'stable' },
      },
      dependsOn: props.dependsOn,
      lifecycle: { preventDestroy: protectData },
    });
    new SqlDatabase(this, 'schema', {
      name: 'zenml',
      instance: instance.name,
      charset: 'utf8mb4',
      deletionPolicy: protectData ? 'ABANDON' : 'DELETE',
      lifecycle: { preventDestroy: protectData },
    });
    this.replicaHosts = database.replicas.map((replica, index) => {
      const number = index + 1;
      const made = new SqlDatabaseInstance(this, `replica-${number}`, {
        ...this.#shared(replica.encryptionKey ?? encryptionKey),
        name: `${name}-replica-${number}`,
        region: replica.region ?? props.config.region,
        masterInstanceName: instance.name,
        settings: this.#settings(replica.tier ?? database.tier),
      });
      return made.privateIpAddress;
    });
    this.host = instance.privateIpAddress;
    this.instanceName = instance.name;
    this.authority = instance.serverCaCert.get(0).cert;
  }

  #shared(encryptionKeyName: string | undefined) {
    const { database, protectData } = this.#props.config;
    return {
      databaseVersion: `MYSQL_${database.version.replace('.', '_')}`,
      deletionProtection: protectData,
      encryptionKeyName,
    };
  }

  #settings(tier: string): SqlDatabaseInstanceSettings {
    const { config, labels, networkId } = this.#props;
    return {
      tier,
      edition: 'ENTERPRISE',
      diskType: 'PD_SSD',
      diskSize: config.database.storageGib,
      diskAutoresize: true,
      diskAutoresizeLimit: config.database.maxStorageGib,
      deletionProtectionEnabled: config.protectData,
      ipConfiguration: { ipv4Enabled: false, privateNetwork: networkId, sslMode: 'ENCRYPTED_ONLY' },
      databaseFlags: Object.entries(FLAGS).map(([name, value]) => ({ name, value })),
      insightsConfig: { queryInsightsEnabled: true, recordClientAddress: false },
      userLabels: labels,
    };
  }
}
