import { toSettings } from '../../../charts-ts/src/load-values.ts';
import { synthesize } from '../testing.ts';
import { full, network, ownLogs, plain } from './test-configurations.ts';

describe('the database on AWS', () => {
  const stack = synthesize(full);
  const database = stack.one('aws_db_instance');

  test('is MySQL 8 over several zones, encrypted with our key, and not public', () => {
    expect(database).toMatchObject({
      engine: 'mysql',
      engine_version: '8.4',
      multi_az: true,
      storage_encrypted: true,
      publicly_accessible: false,
      iam_database_authentication_enabled: true,
    });
    expect(database['kms_key_id']).toMatch(/^\$\{aws_kms_key\./);
  });

  test('is backed up, and kept from deletion by AWS and by Terraform', () => {
    expect(database).toMatchObject({
      backup_retention_period: 14,
      deletion_protection: true,
      skip_final_snapshot: false,
      delete_automated_backups: false,
      lifecycle: { prevent_destroy: true },
    });
  });

  test('takes no connection without TLS and no files from clients, and writes slow statements down', () => {
    const { parameter } = stack.one('aws_db_parameter_group');
    expect(parameter).toEqual(
      [
        ['require_secure_transport', '1'],
        ['local_infile', '0'],
        ['slow_query_log', '1'],
        ['long_query_time', '2'],
        ['log_output', 'FILE'],
      ].map(([name, value]) => ({ name, value, apply_method: 'immediate' })),
    );
  });

  test('has Performance Insights, where its class can have them', () => {
    const small = { instanceClass: 'db.t4g.small', replicas: [{ instanceClass: 'db.t4g.medium' }] };
    const { one } = synthesize({ ...full, database: small });
    expect(one('aws_db_instance', 'replica-1')).toHaveProperty('performance_insights_enabled', true);
    for (const argument of ['performance_insights_enabled', 'performance_insights_kms_key_id']) {
      expect(database).toHaveProperty(argument);
      expect(one('aws_db_instance', 'database_instance')).not.toHaveProperty(argument);
    }
  });

  test('has a password that Secrets Manager makes and keeps', () => {
    expect(database['manage_master_user_password']).toBe(true);
    expect(database).not.toHaveProperty('password');
  });

  test('is reached from the cluster and the private subnets, on one port', () => {
    const rules = stack.all('aws_vpc_security_group_ingress_rule');
    expect(rules).toHaveLength(3);
    for (const rule of rules) expect(rule).toMatchObject({ from_port: 3306, to_port: 3306, ip_protocol: 'tcp' });
    expect(rules.map((rule) => rule['cidr_ipv4'] ?? 'the cluster')).not.toContain('0.0.0.0/0');
    expect(stack.all('aws_vpc_security_group_egress_rule')).toEqual([]);
  });
});

describe('read replicas', () => {
  const replicas = [{}, { region: 'eu-west-1', ...network, databaseClients: ['10.60.0.0/16'] }];
  const stack = synthesize({ ...full, database: { replicas } });

  test('follow the database, one of them in another region with a key of that region', () => {
    const near = stack.one('aws_db_instance', 'replica-1');
    const far = stack.one('aws_db_instance', 'replica-2');
    expect(near['replicate_source_db']).toMatch(/\.identifier\}$/);
    expect(far['replicate_source_db']).toMatch(/\.arn\}$/);
    expect(far['provider']).toBe('aws.eu-west-1');
    expect(near['kms_key_id']).toMatch(/aws_kms_key\.key_/);
    expect(far['kms_key_id']).toMatch(/aws_kms_key\.eu-west-1_key_/);
    expect(stack.one('aws_kms_key', 'eu-west-1')).toMatchObject({ provider: 'aws.eu-west-1' });
    for (const replica of [near, far]) {
      expect(replica).toMatchObject({ storage_encrypted: true, publicly_accessible: false, deletion_protection: true });
    }
  });

  test('of one region share a key, and each has clients of its own', () => {
    const there = { region: 'eu-west-1', ...network };
    const two = synthesize({
      ...full,
      database: {
        replicas: [
          { ...there, databaseClients: ['10.60.0.0/16'] },
          { ...there, databaseClients: ['10.70.0.0/16'] },
        ],
      },
    });
    const [one, other] = ['replica-1', 'replica-2'].map((name) => two.one('aws_db_instance', name));
    expect(one?.['kms_key_id']).toBe(other?.['kms_key_id']);
    expect(one?.['vpc_security_group_ids']).not.toEqual(other?.['vpc_security_group_ids']);
    expect(two.all('aws_kms_alias')).toHaveLength(2);
  });

  // RDS for MySQL refuses replicas of a database whose password it manages.
  test('come with a password that neither plan nor state holds', () => {
    const database = stack.one('aws_db_instance', 'database_instance');
    expect(database).not.toHaveProperty('manage_master_user_password');
    expect(database).not.toHaveProperty('password');
    expect(database['password_wo']).toMatch(/^\$\{ephemeral\./);
    const stored = stack.one('aws_secretsmanager_secret_version');
    expect(stored).not.toHaveProperty('secret_string');
    expect(stored['secret_string_wo']).toMatch(/^\$\{ephemeral\./);
  });
});

describe('buckets on AWS', () => {
  const stack = synthesize(full);

  test.each(['artifacts', 'logs'])('%s: no public access, versions, encryption, TLS only, kept', (name) => {
    expect(stack.one('aws_s3_bucket', name)).toMatchObject({
      force_destroy: false,
      lifecycle: { prevent_destroy: true },
    });
    expect(stack.one('aws_s3_bucket_public_access_block', name)).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(stack.one('aws_s3_bucket_versioning', name)).toMatchObject({
      versioning_configuration: { status: 'Enabled' },
    });
    expect(stack.one('aws_s3_bucket_ownership_controls', name)).toMatchObject({
      rule: { object_ownership: 'BucketOwnerEnforced' },
    });
    expect(stack.one('aws_s3_bucket_server_side_encryption_configuration', name)).toMatchObject({
      rule: [{ apply_server_side_encryption_by_default: { sse_algorithm: 'aws:kms' } }],
    });
    const [tls] = stack.statements('aws_s3_bucket_policy', name);
    expect(tls).toMatchObject({
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:*'],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
  });

  test('only the service that records the traffic of a new network gets anything by a bucket policy', () => {
    const allowedIn = (name: string, { statements } = stack) =>
      statements('aws_s3_bucket_policy', name).filter(({ Effect }) => Effect === 'Allow');
    expect(allowedIn('artifacts')).toEqual([]);
    expect(allowedIn('logs', synthesize({ ...full, network }))).toEqual([]);
    expect(allowedIn('logs').map(({ Principal, Action }) => [Principal, Action])).toEqual([
      [{ Service: 'delivery.logs.amazonaws.com' }, ['s3:PutObject']],
      [{ Service: 'delivery.logs.amazonaws.com' }, ['s3:GetBucketAcl', 's3:ListBucket']],
    ]);
    for (const { Condition } of allowedIn('logs')) expect(Condition).toMatchObject(ownLogs);
  });

  test('logs expire, artifacts do not', () => {
    const rules = (name: string) => JSON.stringify(stack.one('aws_s3_bucket_lifecycle_configuration', name)['rule']);
    expect(rules('logs')).toContain('"expiration":[{"days":365}]');
    expect(rules('artifacts')).not.toContain('"expiration"');
    for (const name of ['logs', 'artifacts']) expect(rules(name)).toContain('"noncurrent_version_expiration"');
  });
});

describe('registries on AWS', () => {
  const stack = synthesize(full);

  test('scan every image, encrypt it and remove old ones', () => {
    for (const repository of stack.all('aws_ecr_repository')) {
      expect(repository).toMatchObject({
        image_scanning_configuration: { scan_on_push: true },
        encryption_configuration: [{ encryption_type: 'KMS' }],
        lifecycle: { prevent_destroy: true },
      });
    }
    expect(stack.all('aws_ecr_lifecycle_policy')).toHaveLength(2);
  });

  test('never give a tag to another image, but those of layers that builders keep', () => {
    expect(stack.one('aws_ecr_repository', 'server')).toMatchObject({ image_tag_mutability: 'IMMUTABLE' });
    expect(stack.one('aws_ecr_repository', 'runner')).toMatchObject({
      name: 'zenml/zenml-runner',
      image_tag_mutability: 'IMMUTABLE_WITH_EXCLUSION',
      image_tag_mutability_exclusion_filter: [{ filter: 'build-cache-*', filter_type: 'WILDCARD' }],
    });
  });
});

describe('the network on AWS', () => {
  test('is new with private subnets, no rules for those without a group, and records of its traffic', () => {
    const stack = synthesize(plain);
    expect(stack.all('aws_subnet').every((subnet) => subnet['map_public_ip_on_launch'] === false)).toBe(true);
    expect(stack.one('aws_default_security_group')).not.toHaveProperty('ingress');
    expect(stack.one('aws_flow_log')).toMatchObject({ traffic_type: 'ALL', log_destination_type: 's3' });
    expect(stack.all('aws_nat_gateway')).toHaveLength(2);
  });

  test('records its traffic once the bucket lets the service write', () => {
    const { depends_on: before } = synthesize(plain).one('aws_flow_log');
    expect(before).toEqual([expect.stringMatching(/^aws_s3_bucket_policy\.logs_policy_/)]);
  });

  test('is an existing one where it is passed in', () => {
    const stack = synthesize({ ...full, network });
    expect(stack.all('aws_vpc')).toEqual([]);
    expect(stack.one('aws_db_subnet_group')).toMatchObject({ subnet_ids: network.subnetIds });
  });
});

describe('a cluster that is there', () => {
  const oidcProviderArn = 'arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/ABC';
  const stack = synthesize({ ...full, cluster: { name: 'workspace', oidcProviderArn }, network });

  test('vouches for the service accounts, by the provider that is named', () => {
    expect(JSON.stringify(stack.json['data'])).toContain('{"name":"workspace"}');
    for (const name of ['server', 'runner', 'secrets-operator']) {
      const [trust] = stack.statements('aws_iam_role', name, 'assume_role_policy');
      expect(trust?.Principal).toEqual({ Federated: oidcProviderArn });
    }
  });

  test('is let in to the database, alone where no ranges are named, if it lies in the same VPC', () => {
    expect(stack.one('aws_vpc_security_group_ingress_rule')).toMatchObject({
      referenced_security_group_id: expect.stringMatching(/cluster_security_group_id\}$/),
      lifecycle: {
        precondition: [
          {
            condition: expect.stringMatching(/^\$\{\(data\.aws_eks_cluster\..*\.vpc_id == "vpc-0a1b"\)\}$/),
            error_message: expect.stringContaining('another VPC'),
          },
        ],
      },
    });
  });
});

describe('a stack on AWS', () => {
  test('takes an existing database, and makes none', () => {
    const stack = synthesize({ ...full, database: { existing: { host: 'mysql.example.com', port: 3307 } } });
    expect(stack.all('aws_db_instance')).toEqual([]);
    expect(stack.json['output']).toMatchObject({
      database_host: { value: 'mysql.example.com' },
      chart_values: { value: { networkPolicy: { databasePort: 3307 } } },
    });
  });

  test('asks for a provider that has all arguments', () => {
    expect(synthesize(plain).json['terraform']).toMatchObject({ required_providers: { aws: { version: '~> 6.8' } } });
  });

  test('tags everything', () => {
    const tags = { 'zenml-workspace': 'zenml', 'managed-by': 'cdktf', team: 'ml' };
    expect(synthesize(full).json['provider']).toMatchObject({ aws: [{ default_tags: [{ tags }] }] });
  });

  test('holds no secret: those of the server are a place without a value', () => {
    const stack = synthesize(full);
    expect(stack.one('aws_secretsmanager_secret')).toMatchObject({
      name: 'zenml/server',
      lifecycle: { prevent_destroy: true },
    });
    expect(stack.all('aws_secretsmanager_secret_version')).toEqual([]);
    expect(stack.text).not.toMatch(/"(password|secret_string|master_password)":/);
  });

  test('gives the charts values that they take, with the documented variables', () => {
    const { environment, runners } = toSettings(synthesize(full).chartValues());
    expect(Object.keys(environment).sort()).toEqual([
      'ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_BUCKET',
      'ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_REGION',
      'ZENML_KUBERNETES_WORKLOAD_MANAGER_BUILD_RUNNER_IMAGE',
      'ZENML_KUBERNETES_WORKLOAD_MANAGER_DOCKER_REGISTRY',
      'ZENML_KUBERNETES_WORKLOAD_MANAGER_ENABLE_EXTERNAL_LOGS',
      'ZENML_KUBERNETES_WORKLOAD_MANAGER_NAMESPACE',
      'ZENML_KUBERNETES_WORKLOAD_MANAGER_SERVICE_ACCOUNT',
      'ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE',
      'ZENML_STORE_SSL',
    ]);
    expect(runners.namespace).toBe('zenml-workspace-namespace');
  });

  test.each([
    [
      's3',
      { backend: 's3', bucket: 'states', region: 'eu-west-1' },
      {
        s3: {
          bucket: 'states',
          region: 'eu-west-1',
          key: 'zenml/terraform.tfstate',
          encrypt: true,
          use_lockfile: true,
        },
      },
    ],
    ['s3', { backend: 's3', bucket: 'states', region: 'eu-west-1', key: 'one' }, { s3: { key: 'one', encrypt: true } }],
    ['gcs', { backend: 'gcs', bucket: 'states' }, { gcs: { bucket: 'states', prefix: 'zenml' } }],
    ['gcs', { backend: 'gcs', bucket: 'states', prefix: 'one' }, { gcs: { bucket: 'states', prefix: 'one' } }],
    ['a file', { backend: 'local', path: '/states/one.tfstate' }, { local: { path: '/states/one.tfstate' } }],
  ])('keeps its state in %s', (_, state, backend) => {
    expect(synthesize({ ...plain, state }).json['terraform']).toMatchObject({ backend });
  });

  test('lets go of its data only where protectData is off', () => {
    expect(synthesize(full).text).not.toContain('"force_destroy": true');
    const trial = synthesize({ ...full, protectData: false });
    expect(trial.text).not.toContain('"prevent_destroy": true');
    expect(trial.one('aws_db_instance')).toMatchObject({ deletion_protection: false, skip_final_snapshot: true });
  });
});
