import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Connection } from '../../server/src/database/database.ts';
import { fromDatabaseId } from '../../server/src/database/ids.ts';
import { createAwsSecretsStore } from '../../server/src/secrets/aws-secrets-store.ts';
import { createSessions } from '../../server/src/secrets/aws-sessions.ts';
import { type CloudStorage, startAws } from './cloud-storage.ts';
import { type Answer, type Call, prepareServers, type Servers } from './secrets-servers.ts';

const KEYS = { aws_access_key_id: 'tests', aws_secret_access_key: 'tests' };

let aws: CloudStorage & { readonly port: number };
let servers: Servers;
let reference: Call;
let ours: Call;
let environment: Record<string, string>;
let manager: SecretsManagerClient;

before(async () => {
  aws = await startAws();
  servers = await prepareServers('aws_secrets');
  environment = {
    ZENML_SECRETS_STORE_TYPE: 'aws',
    ZENML_SECRETS_STORE_AUTH_METHOD: 'secret-key',
    ZENML_SECRETS_STORE_AUTH_CONFIG: JSON.stringify({ region: 'eu-west-1', ...KEYS }),
    AWS_ENDPOINT_URL: aws.url,
  };
  // It fills the database faster than the reference.
  ours = await servers.startOurs(environment);
  reference = await servers.startReference(environment);
  manager = new SecretsManagerClient({
    region: 'eu-west-1',
    endpoint: aws.url,
    credentials: { accessKeyId: 'tests', secretAccessKey: 'tests' },
  });
});
after(async () => {
  manager?.destroy();
  await servers?.stop();
  await aws?.stop();
});

const valuesOf = ({ status, body }: Answer): unknown => {
  assert.equal(status, 200, JSON.stringify(body));
  return (body['body'] as { values: unknown }).values;
};

async function create(call: Call, name: string, values: object): Promise<string> {
  const { status, body } = await call('POST', '/secrets', { name, values });
  assert.equal(status, 200, JSON.stringify(body));
  return String(body['id']);
}

/** The secret of AWS, and what it is tagged with. */
async function stored(id: string) {
  const place = { SecretId: `zenml/${id}` };
  const { SecretString = '' } = await manager.send(new GetSecretValueCommand(place));
  const { Name, Tags = [] } = await manager.send(new DescribeSecretCommand(place));
  const tags = Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
  return { Name, tags, values: JSON.parse(SecretString) as unknown };
}

/** Removes a secret of AWS behind the servers' backs. */
async function lose(id: string): Promise<void> {
  await manager.send(new DeleteSecretCommand({ SecretId: `zenml/${id}`, ForceDeleteWithoutRecovery: true }));
}

async function storedNames(): Promise<(string | undefined)[]> {
  const { SecretList = [] } = await manager.send(new ListSecretsCommand({ MaxResults: 100 }));
  return SecretList.map(({ Name }) => Name);
}

test('each server reads, changes and deletes what the other has stored, and stores it alike', async () => {
  const values = { user: 'ä', password: '"\\n😀' };
  const places: Record<string, unknown>[] = [];
  for (const [index, [writer, reader]] of [
    [reference, ours],
    [ours, reference],
  ].entries()) {
    if (!writer || !reader) throw new Error('There are two servers.');
    const id = await create(writer, `shared-${index}`, values);
    const { Name, tags, values: kept } = await stored(id);
    assert.deepEqual(kept, values);
    places.push({
      Name: Name?.replace(id, '<id>'),
      tags: { ...tags, zenml_secret_id: tags['zenml_secret_id'] === id },
    });
    assert.deepEqual(valuesOf(await reader('GET', `/secrets/${id}`)), values);
    const patched = await reader('PUT', `/secrets/${id}?patch_values=true`, { values: { user: null, more: 'x' } });
    assert.deepEqual(valuesOf(patched), { password: values.password, more: 'x' });
    assert.deepEqual(valuesOf(await writer('GET', `/secrets/${id}`)), { password: values.password, more: 'x' });
    const replaced = await reader('PUT', `/secrets/${id}`, { values: { only: 'this' } });
    assert.deepEqual(valuesOf(replaced), { only: 'this' });
    assert.deepEqual((await stored(id)).values, { only: 'this' });
    const renamed = await reader('PUT', `/secrets/${id}`, { name: `renamed-${index}` });
    assert.deepEqual(valuesOf(renamed), { only: 'this' });
    assert.equal((await reader('DELETE', `/secrets/${id}`)).status, 200);
    assert.equal((await writer('GET', `/secrets/${id}`)).status, 404);
    assert.ok(!(await storedNames()).includes(`zenml/${id}`));
  }
  assert.deepEqual(places[1], places[0]);
  assert.deepEqual(await servers.query('select id from secret'), []);
});

test('nothing of the values is in the database, and the server says where they are', async () => {
  const id = await create(ours, 'outside', { token: 'not here' });
  const [row] = await servers.query<{ values: unknown }>(`select \`values\` from secret where name = 'outside'`);
  assert.equal(row?.values, null);
  assert.equal((await ours('GET', '/info')).body['secrets_store_type'], 'aws');
  assert.equal((await ours('DELETE', `/secrets/${id}`)).status, 200);
});

test('what is refused has not reached AWS', async () => {
  const id = await create(ours, 'taken', { a: '1' });
  const before = await storedNames();
  assert.equal((await ours('POST', '/secrets', { name: 'taken', values: { a: '2' } })).status, 409);
  assert.deepEqual(await storedNames(), before);
  const second = await create(ours, 'second', { a: '3' });
  assert.equal((await ours('PUT', `/secrets/${second}`, { name: 'taken', values: { a: '4' } })).status, 409);
  assert.deepEqual((await stored(second)).values, { a: '3' });
  for (const one of [id, second]) await ours('DELETE', `/secrets/${one}`);
});

test('of writers at once all win, one after the other', async () => {
  const id = await create(ours, 'busy', {});
  const keys = Array.from({ length: 6 }, (_, index) => `key-${index}`);
  const answers = await Promise.all(
    keys.map((key) => ours('PUT', `/secrets/${id}?patch_values=true`, { values: { [key]: key } })),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    keys.map(() => 200),
  );
  assert.deepEqual(valuesOf(await ours('GET', `/secrets/${id}`)), Object.fromEntries(keys.map((key) => [key, key])));
  await ours('DELETE', `/secrets/${id}`);
});

test('the secrets of a service connector and of a webhook are there, and go with them', async () => {
  const before = await storedNames();
  const { status, body } = await ours('POST', '/service_connectors', {
    name: 'docker',
    connector_type: 'docker',
    auth_method: 'password',
    resource_types: ['docker-registry'],
    configuration: { username: 'me', password: 'hidden', registry: 'registry.example.com' },
  });
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal((await storedNames()).length, before.length + 1);
  const read = await reference('GET', `/service_connectors/${body['id']}?expand_secrets=true`);
  assert.match(JSON.stringify(read.body), /"password":"hidden"/);
  assert.equal((await ours('DELETE', `/service_connectors/${body['id']}`)).status, 200);
  assert.deepEqual(await storedNames(), before);
});

test('a secret that is gone in AWS is missing as in ZenML, and can be written again', async () => {
  const id = await create(ours, 'lost', { a: '1' });
  await lose(id);
  const answers = await Promise.all([reference, ours].map((call) => call('GET', `/secrets/${id}`)));
  for (const { status, body } of answers) {
    assert.equal(status, 404);
    assert.equal((body['detail'] as string[])[0], 'KeyError');
  }
  assert.deepEqual(valuesOf(await ours('PUT', `/secrets/${id}`, { values: { b: '2' } })), { b: '2' });
  assert.deepEqual(valuesOf(await reference('GET', `/secrets/${id}`)), { b: '2' });
  await ours('DELETE', `/secrets/${id}`);
});

test('secrets are kept where the role that is taken belongs, and under the keys of a session', async () => {
  const parts = { serverId: 'a-server', log: { error: () => undefined } };
  // A store of AWS asks the database nothing.
  const connection = {} as Connection;
  const id = 'ab'.repeat(16);
  const credentials = { accessKeyId: 'tests', secretAccessKey: 'tests' };
  const place = { type: 'aws', region: 'eu-west-1', credentials } as const;
  const role = { kind: 'role', roleArn: 'arn:aws:iam::111122223333:role/zenml' } as const;
  process.env['AWS_ENDPOINT_URL'] = aws.url;
  try {
    for (const session of [role, { kind: 'token' }] as const) {
      const store = createAwsSecretsStore({ ...place, session }, parts);
      await store.write(connection, id, { kind: session.kind });
      assert.deepEqual(await store.read(connection, id), { kind: session.kind });
      const inOwnAccount = (await storedNames()).includes(`zenml/${fromDatabaseId(id)}`);
      assert.equal(inOwnAccount, session.kind === 'token');
      const keys = await createSessions({ ...place, session }, 5_000)?.();
      assert.ok(keys?.sessionToken && keys.accessKeyId !== credentials.accessKeyId);
      assert.ok(keys.expiration && keys.expiration > new Date());
      await store.remove(connection, id);
    }
  } finally {
    delete process.env['AWS_ENDPOINT_URL'];
  }
});

describe('with the database as second store', () => {
  let pair: readonly [Call, Call];
  before(async () => {
    const backup = { ZENML_BACKUP_SECRETS_STORE_TYPE: 'sql', ZENML_BACKUP_SECRETS_STORE_ENCRYPTION_KEY: 'second' };
    pair = [
      await servers.startReference({ ...environment, ...backup }),
      await servers.startOurs({ ...environment, ...backup }),
    ];
  });

  const inDatabase = async (id: string): Promise<boolean> => {
    const hex = id.replaceAll('-', '');
    const [row] = await servers.query<{ values: unknown }>(`select \`values\` from secret where id = '${hex}'`);
    return row?.values != null;
  };

  test('values are in both, and what AWS has lost is read and brought back by either server', async () => {
    for (const [writer, reader] of [pair, [pair[1], pair[0]] as const]) {
      const id = await create(writer, 'twice', { a: '1' });
      assert.ok(await inDatabase(id));
      await writer('PUT', `/secrets/${id}`, { values: { a: '2' } });
      await lose(id);
      assert.deepEqual(valuesOf(await reader('GET', `/secrets/${id}`)), { a: '2' });
      assert.deepEqual((await stored(id)).values, { a: '2' });
      assert.equal((await reader('DELETE', `/secrets/${id}`)).status, 200);
      assert.ok(!(await storedNames()).includes(`zenml/${id}`));
    }
  });

  test('all secrets are backed up, moved and restored, with the same answers', async () => {
    const seen: unknown[] = [];
    for (const call of pair) {
      const id = await create(ours, 'only in AWS', { a: '1' });
      const before = await inDatabase(id);
      const steps: unknown[] = [before];
      const at = async (path: string) => {
        const answer = await call('PUT', `/secrets/operations/${path}`);
        steps.push(path, answer, await inDatabase(id), (await storedNames()).includes(`zenml/${id}`));
      };
      await at('backup');
      await at('backup?delete_secrets=true');
      const failed = await call('PUT', '/secrets/operations/backup?ignore_errors=false');
      steps.push(failed.status, (failed.body['detail'] as string[])[0]);
      await at('restore');
      await at('restore?delete_secrets=true');
      assert.deepEqual((await stored(id)).values, { a: '1' });
      await ours('DELETE', `/secrets/${id}`);
      seen.push(steps);
    }
    assert.deepEqual(seen[1], seen[0]);
  });
});

/** What `doctor` prints. */
function diagnose(): Promise<string> {
  const main = fileURLToPath(new URL('../../server/src/main.ts', import.meta.url));
  const env = { ...process.env, ...environment, ZENML_STORE_URL: servers.databaseUrl };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, 'doctor'], { env, timeout: 60_000 }, (_error, output) => resolve(output));
  });
}

test('while AWS is not reached, writes fail, change nothing and say why', async () => {
  const id = await create(ours, 'kept', { a: '1' });
  const healthy = await diagnose();
  assert.match(healthy, /No workload manager/);
  assert.doesNotMatch(healthy, /secrets store/);
  await aws.stop();
  assert.match(await diagnose(), /^error: The secrets store fails: Error fetching secret .*ECONNREFUSED/m);
  const rows = () => servers.query('select name from secret order by name');
  const before = await rows();
  for (const answer of [
    await ours('POST', '/secrets', { name: 'new', values: { a: '1' } }),
    await ours('PUT', `/secrets/${id}`, { name: 'other', values: { a: '2' } }),
    await ours('DELETE', `/secrets/${id}`),
    await ours('GET', `/secrets/${id}`),
  ]) {
    assert.equal(answer.status, 500);
    assert.match(JSON.stringify(answer.body), /"RuntimeError","Error .*AWS Secrets Manager: .*ECONNREFUSED/);
  }
  assert.deepEqual(await rows(), before);
});
