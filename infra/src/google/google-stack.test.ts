import { toSettings } from '../../../charts-ts/src/load-values.ts';
import { synthesize } from '../testing.ts';

const plain = { cloud: 'google', name: 'zenml', project: 'my-project', labels: { team: 'ml' } };
const labels = { 'zenml-workspace': 'zenml', 'managed-by': 'cdktf', team: 'ml' };

describe('the database on Google Cloud', () => {
  const stack = synthesize({ ...plain, database: { replicas: [{}, { region: 'europe-west4' }] } });

  test('is MySQL 8 in two zones, on private addresses and over TLS alone', () => {
    expect(stack.one('google_sql_database_instance', 'instance')).toMatchObject({
      database_version: 'MYSQL_8_4',
      settings: {
        availability_type: 'REGIONAL',
        ip_configuration: { ipv4_enabled: false, ssl_mode: 'ENCRYPTED_ONLY' },
      },
    });
  });

  test('is backed up, and kept from deletion by Google and by Terraform', () => {
    expect(stack.one('google_sql_database_instance', 'instance')).toMatchObject({
      deletion_protection: true,
      lifecycle: { prevent_destroy: true },
      settings: {
        deletion_protection_enabled: true,
        backup_configuration: { enabled: true, binary_log_enabled: true, transaction_log_retention_days: 7 },
        user_labels: labels,
      },
    });
  });

  test('takes no files from clients, and writes slow statements down', () => {
    const flags = [
      ['local_infile', 'off'],
      ['skip_show_database', 'on'],
      ['slow_query_log', 'on'],
      ['long_query_time', '2'],
      ['log_output', 'FILE'],
    ].map(([name, value]) => ({ name, value }));
    for (const instance of stack.all('google_sql_database_instance')) {
      expect(instance).toMatchObject({ settings: { database_flags: flags } });
    }
  });

  test('has read replicas, also in another region, that are as private', () => {
    for (const [part, region] of [
      ['replica-1', 'europe-west3'],
      ['replica-2', 'europe-west4'],
    ] as const) {
      expect(stack.one('google_sql_database_instance', part)).toMatchObject({
        region,
        settings: { ip_configuration: { ipv4_enabled: false, ssl_mode: 'ENCRYPTED_ONLY' } },
      });
    }
  });
});

describe('buckets and registries on Google Cloud', () => {
  const stack = synthesize(plain);

  test.each(['artifacts', 'logs'])('%s: no public access, no rights of objects, versions, lifecycle, kept', (name) => {
    expect(stack.one('google_storage_bucket', name)).toMatchObject({
      public_access_prevention: 'enforced',
      uniform_bucket_level_access: true,
      versioning: { enabled: true },
      force_destroy: false,
      lifecycle: { prevent_destroy: true },
    });
  });

  test('logs expire, artifacts do not', () => {
    const expiring = { action: { type: 'Delete' }, condition: { age: 365, with_state: 'LIVE' } };
    expect(stack.one('google_storage_bucket', 'logs')['lifecycle_rule']).toContainEqual(expiring);
    expect(JSON.stringify(stack.one('google_storage_bucket', 'artifacts'))).not.toContain('"LIVE"');
  });

  test('no tag of the server goes to another image', () => {
    expect(stack.one('google_artifact_registry_repository', 'server')).toMatchObject({
      docker_config: { immutable_tags: true },
      lifecycle: { prevent_destroy: true },
    });
  });

  test('one key encrypts everything where it is named, but for a replica in another region, which has its own', () => {
    const keyIn = (region: string) => `projects/p/locations/${region}/keyRings/r/cryptoKeys/k`;
    const far = { region: 'europe-west4', encryptionKey: keyIn('europe-west4') };
    const encryptionKey = keyIn('europe-west3');
    const encrypted = synthesize({ ...plain, encryptionKey, database: { replicas: [{}, far] } });
    expect(encrypted.text.split(encryptionKey)).toHaveLength(1 + 7);
    for (const instance of encrypted.all('google_sql_database_instance')) {
      expect(instance['encryption_key_name']).toBe(keyIn(String(instance['region'])));
    }
  });
});

describe('identities on Google Cloud', () => {
  const cluster = { nodeServiceAccount: 'nodes@my-project.iam.gserviceaccount.com' };
  const stack = synthesize({ ...plain, cluster });

  test('are nobody’s before there is a cluster, with which the pool of identities comes', () => {
    const early = synthesize(plain);
    expect(early.all('google_service_account')).toHaveLength(3);
    expect(early.text).not.toMatch(/workloadIdentityUser|svc\.id\.goog/);
  });

  test('let the nodes pull the images of server and runners, and nothing else', () => {
    const ofNodes = (type: string) =>
      stack.all(type).filter(({ member }) => member === `serviceAccount:${cluster.nodeServiceAccount}`);
    const pulled = ofNodes('google_artifact_registry_repository_iam_member');
    expect(pulled.map(({ repository, role }) => [repository, role])).toEqual(
      ['runner', 'server'].map((images) => [
        expect.stringContaining(`.${images}-images_repository_`),
        'roles/artifactregistry.reader',
      ]),
    );
    expect(stack.text.split(cluster.nodeServiceAccount)).toHaveLength(1 + pulled.length);
  });

  test('are one account of the cluster each, without keys', () => {
    const members = stack.all('google_service_account_iam_member').map(({ role, member }) => [role, member]);
    const pool = 'serviceAccount:my-project.svc.id.goog';
    expect(members.sort()).toEqual(
      [
        'external-secrets/external-secrets',
        'zenml-workspace-namespace/zenml-workspace-service-account',
        'zenml/zenml-workspace-server',
      ].map((account) => ['roles/iam.workloadIdentityUser', `${pool}[${account}]`]),
    );
    expect(stack.all('google_service_account_key')).toEqual([]);
  });

  test('have rights on single buckets, repositories and secrets, never on the project', () => {
    for (const type of ['google_project_iam_member', 'google_project_iam_binding', 'google_project_iam_policy']) {
      expect(stack.all(type)).toEqual([]);
    }
    const rights = ['google_storage_bucket_iam_member', 'google_artifact_registry_repository_iam_member']
      .concat('google_secret_manager_secret_iam_member')
      .flatMap((type) => stack.all(type));
    expect(rights.map(({ role }) => role).sort()).toEqual([
      expect.stringMatching(/^\$\{google_project_iam_custom_role\./),
      ...Array(3).fill('roles/artifactregistry.reader'),
      'roles/artifactregistry.writer',
      'roles/secretmanager.secretAccessor',
      'roles/storage.objectUser',
      'roles/storage.objectUser',
    ]);
    expect(JSON.stringify(rights)).not.toMatch(/allUsers|allAuthenticatedUsers/);
  });

  test('the server keeps secrets in Secret Manager where that is wanted, and reaches none that is not named as these', () => {
    const other = synthesize({ ...plain, secretsInSecretsManager: true });
    const permissionsOf = (part: string) => other.one('google_project_iam_custom_role', part)['permissions'];
    expect(permissionsOf('secrets_creator')).toEqual(['secretmanager.secrets.create']);
    expect(permissionsOf('secrets_keeper')).toEqual([
      'secretmanager.secrets.get',
      'secretmanager.secrets.delete',
      'secretmanager.versions.add',
      'secretmanager.versions.access',
    ]);
    const rights = other.all('google_project_iam_member');
    expect(rights).toHaveLength(2);
    const server = expect.stringMatching(/^serviceAccount:\$\{google_service_account\.server_/);
    for (const right of rights) expect(right).toMatchObject({ project: 'my-project', member: server });
    const expressions = rights.map(({ role, condition }) => [String(role), condition]);
    expect(expressions).toEqual([
      [expect.stringContaining('secrets_creator'), undefined],
      [
        expect.stringContaining('secrets_keeper'),
        {
          title: expect.any(String),
          expression: expect.stringMatching(
            /^resource\.name\.startsWith\("projects\/\$\{data\.google_project\..+\.number\}\/secrets\/zenml-"\)$/,
          ),
        },
      ],
    ]);
    // Its own keys are none of these.
    expect(other.one('google_secret_manager_secret')['secret_id']).not.toMatch(/^zenml-/);
    expect(other.chartValues()).toMatchObject({
      server: {
        environment: { ZENML_SECRETS_STORE_TYPE: 'gcp', ZENML_SECRETS_STORE_PROJECT_ID: 'my-project' },
      },
    });
  });

  test('the runner only reads images where none is built', () => {
    const other = synthesize({ ...plain, buildRunnerImages: false });
    expect(other.text).not.toContain('roles/artifactregistry.writer');
  });
});

describe('a stack on Google Cloud', () => {
  test('switches on the APIs that a new project has not, before everything else, and leaves them on', () => {
    const stack = synthesize(plain);
    const apisOf = ({ all }: typeof stack) => all('google_project_service').map(({ service }) => service);
    const ofDatabase = ['servicenetworking', 'sqladmin'].map((name) => `${name}.googleapis.com`);
    const common = ['artifactregistry', 'compute', 'container', 'containerscanning', 'iam', 'iamcredentials']
      .concat('secretmanager', 'storage')
      .map((name) => `${name}.googleapis.com`);
    expect(apisOf(stack)).toEqual([...common, ...ofDatabase].sort());
    expect(apisOf(synthesize({ ...plain, database: { existing: { host: '10.1.2.3' } } }))).toEqual(common);
    for (const api of stack.all('google_project_service')) expect(api).toMatchObject({ disable_on_destroy: false });
    const { google_project_service: apis, ...others } = stack.json['resource'] as Record<string, object>;
    const before = Object.keys(apis ?? {}).map((name) => `google_project_service.${name}`);
    for (const resource of Object.values(others).flatMap((named) => Object.values(named))) {
      expect(resource).toMatchObject({ depends_on: expect.arrayContaining(before) });
    }
  });

  test('labels everything, and holds no secret', () => {
    const stack = synthesize(plain);
    expect(stack.json['provider']).toMatchObject({ google: [{ default_labels: labels }] });
    expect(stack.all('google_secret_manager_secret_version')).toEqual([]);
    expect(stack.text).not.toMatch(/"(password|root_password|secret_data)":/);
  });

  test('takes an existing network and an existing database', () => {
    const id = 'projects/my-project/global/networks/shared';
    const stack = synthesize({ ...plain, network: { id, privateServiceAccess: false } });
    expect(stack.all('google_compute_network')).toEqual([]);
    expect(stack.one('google_sql_database_instance')).toMatchObject({
      settings: { ip_configuration: { private_network: id } },
    });
    const other = synthesize({ ...plain, database: { existing: { host: '10.1.2.3' } } });
    expect(other.all('google_sql_database_instance')).toEqual([]);
  });

  test('gives the charts values that they take, with the documented variables', () => {
    const { environment } = toSettings(synthesize(plain).chartValues());
    expect(environment).toMatchObject({
      ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE:
        'zenml_cloud_plugins.gcp_kubernetes_workload_manager.GCPKubernetesWorkloadManager',
      ZENML_KUBERNETES_WORKLOAD_MANAGER_DOCKER_REGISTRY: 'europe-west3-docker.pkg.dev/my-project/zenml-runners',
      ZENML_STORE_SSL_CA: expect.any(String),
    });
  });
});
