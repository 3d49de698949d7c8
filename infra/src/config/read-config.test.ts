import { ConfigError, readConfig, toConfig } from './read-config.ts';

/** What a configuration is refused with. */
function refusal(document: unknown): string {
  try {
    toConfig(document);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

const aws = { cloud: 'aws' };
const google = { cloud: 'google', project: 'my-project' };
const keyIn = (location: string) => `projects/my-project/locations/${location}/keyRings/ring/cryptoKeys/key`;

test.each([
  ['no mapping', ['aws'], 'the file: must hold a mapping; begin with "cloud: aws" or "cloud: google"'],
  ['no cloud', {}, 'cloud: is missing or unknown; set it to aws or google'],
  ['a wrong type', { ...aws, database: { multiAz: 'yes' } }, /^database\.multiAz: .* write a boolean$/],
  ['an unknown key', { ...aws, databse: {} }, /^databse: is not known; remove it or mend its name/],
  ['an unknown key inside', { ...aws, database: { size: 1 } }, /^database\.size: is not known/],
  ['a missing value', { cloud: 'google' }, 'project: is missing; set a string'],
  ['a missing value inside', { ...aws, cluster: {} }, 'cluster.name: is missing; set a string'],
  ['an unknown backend', { ...aws, state: { backend: 'http' } }, /^state\.backend: .*set it to local, s3 or gcs$/],
  ['a bad name', { ...aws, name: 'Zenml' }, /^name: use 2 to 20 lower-case letters/],
  ['hyphens that RDS and ECR refuse', { ...aws, name: 'zen--ml' }, /^name: use 2 to 20 lower-case letters/],
  ['one zone', { ...aws, network: { zones: ['a'] } }, /^network\.zones: a database over several zones needs 2/],
  ['no backups', { ...aws, database: { backupDays: 0 } }, /^database\.backupDays: backups are needed/],
  [
    'a limit below the size',
    { ...aws, database: { storageGib: 100, maxStorageGib: 100 } },
    'database.maxStorageGib: must be above storageGib (100); raise it',
  ],
  ['a VPC without subnets', { ...aws, network: { vpcId: 'vpc-0a' } }, /^network\.subnetIds: is missing; name private/],
  [
    'a database that nobody reaches',
    { ...aws, network: { vpcId: 'vpc-0a', subnetIds: ['subnet-0a', 'subnet-0b'] } },
    /^network\.databaseClients: is empty, so nobody would reach the database/,
  ],
  [
    'replicas of an existing database',
    { ...aws, database: { existing: { host: 'h' }, replicas: [{}] } },
    /^database\.replicas: are made of a database of this stack/,
  ],
  [
    'a replica elsewhere without a network',
    { ...aws, database: { replicas: [{ region: 'eu-west-1' }] } },
    new RegExp(
      [
        '^database.replicas.0.vpcId: is missing; name it, in eu-west-1',
        'database.replicas.0.subnetIds: is missing; name it, in eu-west-1',
        'database.replicas.0.databaseClients: is empty, so nobody would reach the replica; name address ranges$',
      ].join('\n'),
    ),
  ],
  [
    'no address range',
    { ...aws, network: { databaseClients: ['10.0.0.300/8', '10.0.0.1/8', '10.0.0.0'] } },
    /^(network\.databaseClients\.\d: write an address range with its first address, as 10\.40\.0\.0\/16\n?){3}$/,
  ],
  [
    'a database that everybody reaches',
    { ...aws, network: { databaseClients: ['0.0.0.0/0'] } },
    'network.databaseClients.0: must be from /8 to /32',
  ],
  ['a network whose subnets AWS refuses', { ...aws, network: { cidr: '10.0.0.0/25' } }, /^network\.cidr: must be from/],
  ['a zone that is named twice', { ...aws, network: { zones: ['a', 'a'] } }, 'network.zones: name each zone once'],
  [
    'a replica elsewhere in the same region',
    {
      ...aws,
      database: {
        replicas: [
          {
            region: 'eu-central-1',
            vpcId: 'vpc-0a',
            databaseClients: ['10.0.0.0/8'],
            subnetIds: ['subnet-0a', 'subnet-0b'],
          },
        ],
      },
    },
    /^database\.replicas\.0\.region: is the region of the stack; remove it/,
  ],
  [
    'repositories by a pattern',
    { ...aws, registry: { readRepositories: ['*'] } },
    'registry.readRepositories.0: write the name of a repository, as team/train',
  ],
  [
    'ranges of a network that overlap',
    { ...google, network: { cidr: '10.44.0.0/20' } },
    'network.podCidr: overlaps cidr (10.44.0.0/20); name other addresses',
  ],
  [
    'a key of another region',
    { ...google, encryptionKey: keyIn('global') },
    'encryptionKey: lies in global; name a key in europe-west3',
  ],
  [
    'a replica elsewhere without a key of that region',
    { ...google, encryptionKey: keyIn('europe-west3'), database: { replicas: [{ region: 'europe-west4' }] } },
    'database.replicas.0.encryptionKey: is missing; name a key in europe-west4',
  ],
  [
    'a replica elsewhere with the key of the stack',
    {
      ...google,
      encryptionKey: keyIn('europe-west3'),
      database: { replicas: [{ region: 'europe-west4', encryptionKey: keyIn('europe-west3') }] },
    },
    'database.replicas.0.encryptionKey: lies in europe-west3; name a key in europe-west4',
  ],
  [
    'a key of a replica alone',
    { ...google, database: { replicas: [{ region: 'europe-west4', encryptionKey: keyIn('europe-west4') }] } },
    /^database\.replicas\.0\.encryptionKey: belongs to a replica in another region/,
  ],
  [
    'nodes without an account',
    { ...google, cluster: { nodeServiceAccount: 'nodes' } },
    /^cluster\.nodeServiceAccount: write an address such as NAME@PROJECT/,
  ],
])('refuses %s, with its path and what mends it', (_, document, message) => {
  expect(refusal(document)).toMatch(message);
});

test('says which file cannot be read', () => {
  expect(() => readConfig('/nowhere/infra.yaml')).toThrow(
    /^\/nowhere\/infra\.yaml: cannot be read \(.*ENOENT.*\); ZENML_INFRA_CONFIG names the file$/,
  );
});

test('takes what has a default from there', () => {
  expect(toConfig(aws)).toMatchObject({
    name: 'zenml',
    protectData: true,
    state: { backend: 'local' },
    runners: { namespace: 'zenml-workspace-namespace', serviceAccount: 'zenml-workspace-service-account' },
    database: { version: '8.4', multiAz: true, replicas: [] },
  });
});
