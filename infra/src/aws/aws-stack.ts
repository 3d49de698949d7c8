import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity/index.js';
import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition/index.js';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import { TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { CHART_VALUES_OUTPUT, RUNNER_LOGS } from '../chart-values.ts';
import type { AwsConfig } from '../config/aws-config.ts';
import { useStateBackend } from '../state-backend.ts';
import { awsChartValues } from './aws-chart-values.ts';
import { Bucket } from './bucket.ts';
import { Cluster } from './cluster.ts';
import { Database } from './database.ts';
import { DatabaseAccess } from './database-access.ts';
import { instancesOf } from './database-instances.ts';
import { EncryptionKey } from './encryption-key.ts';
import { Identity } from './identity.ts';
import { deliverLogsTo } from './log-delivery.ts';
import { Network } from './network.ts';
import { type Places, runnerPermissions, secretsOperatorPermissions, serverPermissions } from './permissions.ts';
import { Repository } from './registry.ts';
import { ReplicaRegion } from './replica-region.ts';
import { ServerSecret } from './server-secret.ts';
import type { Surroundings } from './surroundings.ts';

const NEW_NETWORK = '10.40.0.0/16';
/** The first of these lets some tags of a repository be given to another image. */
const PROVIDER = '~> 6.8';

/** What the workspace server needs of AWS. */
export class AwsStack extends TerraformStack {
  readonly #config: AwsConfig;
  readonly #surroundings: Surroundings;
  readonly #key: EncryptionKey;
  /** Others than the stack's own, in which replicas lie. */
  readonly #regions = new Map<string, ReplicaRegion>();

  constructor(scope: Construct, config: AwsConfig) {
    super(scope, config.name);
    const { name, region } = config;
    const tags = tagsOf(config);
    this.#config = config;
    new AwsProvider(this, 'aws', { region, defaultTags: [{ tags }] });
    this.addOverride('terraform.required_providers.aws.version', PROVIDER);
    useStateBackend(this, name, config.state);
    const { accountId } = new DataAwsCallerIdentity(this, 'account');
    const { partition, dnsSuffix } = new DataAwsPartition(this, 'partition');
    const surroundings = { config, accountId, partition, dnsSuffix };
    this.#surroundings = surroundings;
    this.#key = new EncryptionKey(this, 'key', { surroundings, region, flowLogs: this.#makesNetwork });

    const buckets = this.#makeBuckets();
    const cluster = config.cluster && new Cluster(this, 'eks', this.#surroundings, config.cluster.name);
    const network = this.#findNetwork(buckets.logs);
    const database = config.database.existing ?? this.#makeDatabase(network, cluster);
    const images = this.#makeRepositories();
    const secret = new ServerSecret(this, 'server-secret', this.#keyed());
    const places: Places = {
      artifacts: buckets.artifacts.arn,
      logs: buckets.logs.arn,
      logPrefix: RUNNER_LOGS,
      key: this.#key.arn,
      services: `${region}.${dnsSuffix}`,
      runnerImages: images.runner.arn,
      otherImages: config.registry.readRepositories.map((repository) => this.#repositoryArn(repository)),
      serverSecret: secret.arn,
      ...(config.secretsInSecretsManager && { keptSecrets: this.#keptSecretsArn() }),
    };
    const roles = cluster && this.#makeIdentities(cluster, places);

    this.#output('artifacts_bucket', `s3://${buckets.artifacts.name}`);
    this.#output('logs_bucket', `s3://${buckets.logs.name}/${RUNNER_LOGS}`);
    this.#output('server_repository', images.server.url);
    this.#output('runner_repository', images.runner.url);
    this.#output('server_secret', secret.name);
    this.#output('database_host', database.host);
    this.#output('vpc_id', network.vpcId);
    this.#output('private_subnet_ids', network.subnetIds);
    if (roles) this.#output('secrets_operator_role', roles.secretsOperator);
    this.#output(
      CHART_VALUES_OUTPUT,
      awsChartValues(config, {
        registry: `${accountId}.dkr.ecr.${region}.${dnsSuffix}`,
        serverImage: images.server.url,
        logsBucket: buckets.logs.name,
        logPrefix: RUNNER_LOGS,
        secretName: secret.name,
        databaseCidrs: network.databaseCidrs,
        roles,
      }),
    );
  }

  #output(name: string, value: unknown): void {
    new TerraformOutput(this, name, { value });
  }

  get #makesNetwork(): boolean {
    return this.#config.network.vpcId === undefined;
  }

  #keyed() {
    const { name, protectData } = this.#config;
    return { name, keyArn: this.#key.arn, protectData };
  }

  #makeBuckets(): { artifacts: Bucket; logs: Bucket } {
    const { name, logDays } = this.#config;
    const { accountId } = this.#surroundings;
    const bucket = (purpose: string) => ({ ...this.#keyed(), name: `${name}-${accountId}-${purpose}` });
    const artifacts = new Bucket(this, 'artifacts', { ...bucket('artifacts'), restorableDays: 90 });
    const logs = new Bucket(this, 'logs', {
      ...bucket('logs'),
      restorableDays: 30,
      expireAfterDays: logDays,
      statements: (arn) => (this.#makesNetwork ? deliverLogsTo(arn, this.#surroundings) : []),
    });
    return { artifacts, logs };
  }

  #findNetwork(logs: Bucket): FoundNetwork {
    const { name, region, network } = this.#config;
    if (network.vpcId !== undefined && network.subnetIds !== undefined) {
      return { vpcId: network.vpcId, subnetIds: network.subnetIds, clients: network.databaseClients };
    }
    const cidr = network.cidr ?? NEW_NETWORK;
    const made = new Network(this, 'network', {
      name,
      region,
      cidr,
      zones: network.zones,
      natPerZone: network.natPerZone,
      flowLogBucket: logs,
    });
    const databaseCidrs = made.privateCidrs;
    return {
      vpcId: made.vpcId,
      subnetIds: made.privateSubnetIds,
      clients: [...databaseCidrs, ...network.databaseClients],
      databaseCidrs,
    };
  }

  #makeDatabase({ vpcId, subnetIds, clients }: FoundNetwork, cluster: Cluster | undefined): Database {
    const { name, database } = this.#config;
    const { groupId } = new DatabaseAccess(this, 'database-access', { name, vpcId, cidrs: clients, cluster });
    const keyArn = this.#key.arn;
    const made = new Database(this, 'database', { surroundings: this.#surroundings, keyArn, groupId, subnetIds });
    this.#output('database_master_secret', made.masterSecretArn);
    const [, ...replicas] = instancesOf(this.#config);
    const hosts = database.replicas.map(({ region, instanceClass, vpcId, subnetIds, databaseClients }, index) => {
      const id = `replica-${index + 1}`;
      const replica = { name: replicas[index]?.identifier ?? '', instanceClass };
      // The configuration says both or neither.
      if (region === undefined || vpcId === undefined) return made.addReplica(id, { ...replica, keyArn, groupId });
      const { provider, keyArn: keyThere } = this.#regionOf(region);
      const there = { name, vpcId, cidrs: databaseClients, provider };
      const access = new DatabaseAccess(this, `${id}-access`, there);
      return made.addReplica(id, { ...replica, provider, keyArn: keyThere, groupId: access.groupId, subnetIds });
    });
    if (hosts.length > 0) this.#output('database_replica_hosts', hosts);
    return made;
  }

  #regionOf(region: string): ReplicaRegion {
    const known = this.#regions.get(region);
    const tags = tagsOf(this.#config);
    const found = known ?? new ReplicaRegion(this, { surroundings: this.#surroundings, region, tags });
    this.#regions.set(region, found);
    return found;
  }

  #makeRepositories(): { server: Repository; runner: Repository } {
    const { name, registry } = this.#config;
    const shared = { ...this.#keyed(), imagesToKeep: registry.imagesToKeep };
    const server = new Repository(this, 'server-images', { ...shared, name: `${name}/zenml-workspace-server` });
    // Builders keep their layers under tags that they overwrite.
    const mutableTags = 'build-cache-*';
    const runner = new Repository(this, 'runner-images', { ...shared, name: `${name}/zenml-runner`, mutableTags });
    return { server, runner };
  }

  #repositoryArn(repository: string): string {
    const { partition, accountId } = this.#surroundings;
    return `arn:${partition}:ecr:${this.#config.region}:${accountId}:repository/${repository}`;
  }

  /** Secrets are named by a UUID after `zenml/`; the server's own one, `zenml/server` in a stack of that name, is not. */
  #keptSecretsArn(): string {
    const { partition, accountId } = this.#surroundings;
    const uuid = [8, 4, 4, 4, 12].map((length) => '?'.repeat(length)).join('-');
    // Secrets Manager adds a hyphen and six characters to the name of each that is there.
    return `arn:${partition}:secretsmanager:${this.#config.region}:${accountId}:secret:zenml/${uuid}*`;
  }

  #makeIdentities({ oidc }: Cluster, places: Places) {
    const { name, server, runners, secretsOperator, buildRunnerImages } = this.#config;
    const roleOf = (id: string, account: typeof server, statements: ReturnType<typeof runnerPermissions>) => {
      const description = `${account.namespace}/${account.serviceAccount} of the cluster`;
      return new Identity(this, id, { name: `${name}-${id}`, description, oidc, account, statements }).roleArn;
    };
    return {
      server: roleOf('server', server, serverPermissions(places, { buildImages: buildRunnerImages })),
      runner: roleOf('runner', runners, runnerPermissions(places)),
      secretsOperator: roleOf('secrets-operator', secretsOperator, secretsOperatorPermissions(places)),
    };
  }
}

interface FoundNetwork {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  /** Ranges that may reach the database. */
  readonly clients: readonly string[];
  /** Ranges that the database lies in, where they are known. */
  readonly databaseCidrs?: readonly string[];
}

function tagsOf({ name, tags }: AwsConfig): Record<string, string> {
  return { 'zenml-workspace': name, 'managed-by': 'cdktf', ...tags };
}
