import { type Block, synthesize } from './testing.ts';

const place = { vpcId: 'vpc-0a1b', subnetIds: ['subnet-0a1b', 'subnet-0c2d'], databaseClients: ['10.60.0.0/16'] };
const stacks = {
  aws: synthesize({
    cloud: 'aws',
    cluster: { name: 'workspace' },
    tags: { team: 'ml' },
    database: { replicas: [{}, { region: 'eu-west-1', ...place }] },
  }),
  google: synthesize({ cloud: 'google', project: 'my-project', labels: { team: 'ml' }, database: { replicas: [{}] } }),
};
const marks = { 'zenml-workspace': 'zenml', 'managed-by': 'cdktf', team: 'ml' };

/** All resources as `type.name`, names without cdktf's hash. */
function resourcesOf(cloud: keyof typeof stacks): [string, Block][] {
  const { resource } = stacks[cloud].json as { resource: Record<string, Record<string, Block>> };
  return Object.entries(resource).flatMap(([type, named]) =>
    Object.entries(named).map(([name, block]): [string, Block] => [
      `${type}.${name.replace(/_[0-9A-F]{8}$/, '')}`,
      block,
    ]),
  );
}

const isKept = ([, { lifecycle }]: [string, Block]) =>
  typeof lifecycle === 'object' &&
  lifecycle !== null &&
  'prevent_destroy' in lifecycle &&
  lifecycle.prevent_destroy === true;

test.each<[keyof typeof stacks, string[]]>([
  [
    'aws',
    [
      'aws_db_instance.database_instance',
      'aws_ecr_repository.runner-images_repository',
      'aws_ecr_repository.server-images_repository',
      'aws_kms_key.eu-west-1_key',
      'aws_kms_key.key',
      'aws_s3_bucket.artifacts_bucket',
      'aws_s3_bucket.logs_bucket',
      'aws_secretsmanager_secret.database_password_secret',
      'aws_secretsmanager_secret.server-secret',
    ],
  ],
  [
    'google',
    [
      'google_artifact_registry_repository.runner-images_repository',
      'google_artifact_registry_repository.server-images_repository',
      'google_secret_manager_secret.server-secret',
      'google_sql_database.database_schema',
      'google_sql_database_instance.database_instance',
      'google_storage_bucket.artifacts_bucket',
      'google_storage_bucket.logs_bucket',
    ],
  ],
])('%s: data, and what it is encrypted with, is not destroyed; a copy of it may be', (cloud, kept) => {
  expect(
    resourcesOf(cloud)
      .filter(isKept)
      .map(([name]) => name)
      .sort(),
  ).toEqual(kept);
});

test('every region of AWS marks what is in it, and nothing has tags that hide those', () => {
  const { aws } = stacks.aws.json['provider'] as { aws: { default_tags: unknown }[] };
  expect(aws.map(({ default_tags: tags }) => tags)).toEqual([[{ tags: marks }], [{ tags: marks }]]);
  const hiding = resourcesOf('aws').filter(([, { tags }]) => Object.keys(tags ?? {}).some((tag) => tag in marks));
  expect(hiding).toEqual([]);
});

test('Google marks everything, and the databases, which take no labels of the provider, by themselves', () => {
  expect(stacks.google.json['provider']).toMatchObject({ google: [{ default_labels: marks }] });
  for (const instance of stacks.google.all('google_sql_database_instance')) {
    expect(instance).toMatchObject({ settings: { user_labels: marks } });
  }
});

test.each(['aws', 'google'] as const)(
  '%s: nothing is open to the world, and nobody has a key that does not end',
  (cloud) => {
    const open = resourcesOf(cloud).filter(([, block]) =>
      /"(0\.0\.0\.0\/0|::\/0|allUsers|allAuthenticatedUsers)"/.test(JSON.stringify(block)),
    );
    // Ways out of the network, and a rule that refuses.
    const ways = {
      aws: ['private-0', 'private-1', 'public'].map((table) => `aws_route.network_${table}-out`),
      google: ['google_compute_firewall.network_refuse-the-rest'],
    };
    expect(open.map(([name]) => name).sort()).toEqual(ways[cloud]);
    const types = resourcesOf(cloud).map(([name]) => name.split('.')[0] ?? '');
    expect(
      types.filter((type) => /^(aws_iam_(user|access_key|group)|google_(service_account|storage_hmac)_key)/.test(type)),
    ).toEqual([]);
  },
);

describe('on AWS', () => {
  const { all, statements } = stacks.aws;

  test('the database and its replicas use the settings that ask for TLS', () => {
    for (const instance of all('aws_db_instance')) {
      expect(instance['parameter_group_name']).toMatch(/^\$\{aws_db_parameter_group\./);
    }
    for (const { parameter } of all('aws_db_parameter_group')) {
      expect(parameter).toContainEqual(expect.objectContaining({ name: 'require_secure_transport', value: '1' }));
    }
    expect(all('aws_db_parameter_group')).toHaveLength(2);
  });

  test('keys are changed every year', () => {
    for (const key of all('aws_kms_key')) expect(key).toMatchObject({ enable_key_rotation: true });
  });

  test('TLS is asked for on a bucket and on all that is in it', () => {
    for (const bucket of ['artifacts', 'logs']) {
      const refused = statements('aws_s3_bucket_policy', bucket).filter(({ Effect }) => Effect === 'Deny');
      expect(refused).toHaveLength(2);
      for (const { Resource = [] } of refused) {
        expect(Resource).toEqual([expect.stringMatching(/\.arn\}$/), expect.stringMatching(/\.arn\}\/\*$/)]);
      }
    }
  });

  test('what lies in Secrets Manager is encrypted with the key of the stack', () => {
    for (const secret of all('aws_secretsmanager_secret')) expect(secret['kms_key_id']).toMatch(/^\$\{aws_kms_key\./);
  });
});

describe('on Google Cloud', () => {
  const { all, one } = stacks.google;

  test('every database is in the network alone, over TLS, and kept from deletion', () => {
    for (const instance of all('google_sql_database_instance')) {
      expect(instance).toMatchObject({
        deletion_protection: true,
        settings: {
          deletion_protection_enabled: true,
          ip_configuration: {
            ipv4_enabled: false,
            private_network: expect.stringMatching(/^\$\{google_compute_network\./),
            ssl_mode: 'ENCRYPTED_ONLY',
          },
        },
      });
    }
  });

  test('old versions of objects are removed from every bucket, and broken uploads', () => {
    for (const bucket of all('google_storage_bucket')) {
      const rules = bucket['lifecycle_rule'];
      expect(rules).toContainEqual({
        action: { type: 'Delete' },
        condition: { days_since_noncurrent_time: expect.any(Number), with_state: 'ARCHIVED' },
      });
      expect(rules).toContainEqual({ action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 7 } });
    }
  });

  test('the server’s secret is in its region, kept, and read by the secrets operator alone', () => {
    expect(one('google_secret_manager_secret')).toMatchObject({
      deletion_protection: true,
      replication: { user_managed: { replicas: [{ location: 'europe-west3' }] } },
    });
    const readers = all('google_secret_manager_secret_iam_member').map(({ role, member }) => [role, member]);
    expect(readers).toEqual([
      ['roles/secretmanager.secretAccessor', expect.stringMatching(/google_service_account\.secrets-operator_/)],
    ]);
  });
});
