import { ProjectIamCustomRole } from '@cdktf/provider-google/lib/project-iam-custom-role/index.js';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider/index.js';
import { TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { CHART_VALUES_OUTPUT, RUNNER_LOGS } from '../chart-values.ts';
import type { GoogleConfig } from '../config/google-config.ts';
import { useStateBackend } from '../state-backend.ts';
import { Bucket } from './bucket.ts';
import { Database } from './database.ts';
import { EnabledApis } from './enabled-apis.ts';
import { googleChartValues } from './google-chart-values.ts';
import { Identity } from './identity.ts';
import { KeptSecrets } from './kept-secrets.ts';
import { Network } from './network.ts';
import { PrivateServiceAccess } from './private-service-access.ts';
import { Repository } from './registry.ts';
import { ServerSecret } from './server-secret.ts';

/** What the workspace server needs of Google Cloud. */
export class GoogleStack extends TerraformStack {
  readonly #config: GoogleConfig;
  readonly #labels: Record<string, string>;

  constructor(scope: Construct, config: GoogleConfig) {
    super(scope, config.name);
    this.#config = config;
    this.#labels = { 'zenml-workspace': config.name, 'managed-by': 'cdktf', ...config.labels };
    const { project, region } = config;
    const provider = new GoogleProvider(this, 'google', { project, region });
    // As an argument their hyphens would become underscores.
    provider.addOverride('default_labels', this.#labels);
    useStateBackend(this, config.name, config.state);
    new EnabledApis(this, 'apis', config);

    const { network, services } = this.#findNetwork();
    const database = config.database.existing ?? this.#makeDatabase(network, services);
    const buckets = this.#makeBuckets();
    const images = this.#makeRepositories();
    const secret = new ServerSecret(this, 'server-secret', { ...this.#kept(), region });
    const identities = this.#makeIdentities();
    this.#grant(identities, buckets, images);
    if (config.secretsInSecretsManager)
      new KeptSecrets(this, 'kept-secrets', { name: config.name, project, member: identities.server.member });
    secret.grantReading('secrets-operator', identities.secretsOperator.member);

    this.#output('artifacts_bucket', `gs://${buckets.artifacts.name}`);
    this.#output('logs_bucket', `gs://${buckets.logs.name}/${RUNNER_LOGS}`);
    this.#output('server_repository', images.server.path);
    this.#output('runner_repository', images.runner.path);
    this.#output('server_secret', secret.name);
    this.#output('secrets_operator_account', identities.secretsOperator.email);
    this.#output('database_host', database.host);
    this.#output('network_id', network);
    this.#output(
      CHART_VALUES_OUTPUT,
      googleChartValues(config, {
        serverImages: images.server.path,
        runnerImages: images.runner.path,
        logsBucket: buckets.logs.name,
        logPrefix: RUNNER_LOGS,
        secretName: secret.name,
        databaseAuthority: database instanceof Database ? database.authority : undefined,
        databaseCidrs: services && [services.cidr],
        serverEmail: identities.server.email,
        runnerEmail: identities.runner.email,
      }),
    );
  }

  #output(name: string, value: unknown): void {
    new TerraformOutput(this, name, { value });
  }

  #kept() {
    const { name, protectData, encryptionKey } = this.#config;
    return { name, protectData, encryptionKey };
  }

  /** The network, and the addresses for managed services where this stack reserves them. */
  #findNetwork(): { network: string; services?: PrivateServiceAccess } {
    const { name, network: given, database } = this.#config;
    const network = given.id ?? new Network(this, 'network', this.#config).networkId;
    if (database.existing || !given.privateServiceAccess) return { network };
    return { network, services: new PrivateServiceAccess(this, 'services', { name, networkId: network }) };
  }

  #makeDatabase(networkId: string, services: PrivateServiceAccess | undefined): Database {
    const dependsOn = services ? [services.ready] : [];
    const made = new Database(this, 'database', { config: this.#config, labels: this.#labels, networkId, dependsOn });
    this.#output('database_instance', made.instanceName);
    if (made.replicaHosts.length > 0) this.#output('database_replica_hosts', made.replicaHosts);
    return made;
  }

  #makeBuckets() {
    const { name, project, region: location, logDays } = this.#config;
    const bucket = (purpose: string) => ({ ...this.#kept(), name: `${project}-${name}-${purpose}`, location });
    const logs = { ...bucket('logs'), restorableDays: 30, expireAfterDays: logDays };
    return {
      artifacts: new Bucket(this, 'artifacts', { ...bucket('artifacts'), restorableDays: 90 }),
      logs: new Bucket(this, 'logs', logs),
    };
  }

  #makeRepositories() {
    const { name, project, region: location, registry } = this.#config;
    const shared = { ...this.#kept(), project, location, imagesToKeep: registry.imagesToKeep };
    const server = { ...shared, description: 'Images of the workspace server', immutableTags: true };
    const runner = { ...shared, description: 'Images of runners, and layers of their builders', immutableTags: false };
    return {
      server: new Repository(this, 'server-images', { ...server, name }),
      runner: new Repository(this, 'runner-images', { ...runner, name: `${name}-runners` }),
    };
  }

  #makeIdentities() {
    const { name, project, cluster, server, runners, secretsOperator } = this.#config;
    const identityPool = cluster && `${project}.svc.id.goog`;
    const identity = (id: string, suffix: string, account: typeof server) =>
      new Identity(this, id, { name: `${name}-${suffix}`, identityPool, account });
    return {
      server: identity('server', 'server', server),
      runner: identity('runner', 'runner', runners),
      secretsOperator: identity('secrets-operator', 'secrets', secretsOperator),
    };
  }

  /** On one bucket or repository each, never on the project. What the server's secrets take is in `KeptSecrets`. */
  #grant(
    { server, runner }: { server: Identity; runner: Identity },
    buckets: { artifacts: Bucket; logs: Bucket },
    images: { server: Repository; runner: Repository },
  ): void {
    const { name, cluster, buildRunnerImages } = this.#config;
    // No role of Google's reads and deletes objects without writing them.
    const readAndDelete = new ProjectIamCustomRole(this, 'artifact-reader', {
      roleId: `${name.replaceAll('-', '_')}_artifact_reader`,
      title: `Read and delete artifacts of ${name}`,
      permissions: ['storage.objects.get', 'storage.objects.list', 'storage.objects.delete'],
    });
    buckets.logs.grant('server', 'roles/storage.objectUser', server.member);
    buckets.artifacts.grant('server', readAndDelete.name, server.member);
    buckets.artifacts.grant('runner', 'roles/storage.objectUser', runner.member);
    images.runner.grant('server', 'roles/artifactregistry.reader', server.member);
    // Builders run under the runners' account.
    const role = buildRunnerImages ? 'roles/artifactregistry.writer' : 'roles/artifactregistry.reader';
    images.runner.grant('runner', role, runner.member);
    if (!cluster) return;
    // Images are pulled by the nodes, not by the pods.
    const nodes = `serviceAccount:${cluster.nodeServiceAccount}`;
    for (const pulled of [images.server, images.runner]) pulled.grant('nodes', 'roles/artifactregistry.reader', nodes);
  }
}
