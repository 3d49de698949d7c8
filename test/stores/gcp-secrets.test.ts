import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type GoogleSecrets, startGoogleSecrets } from './google-secrets.ts';
import { type Call, prepareServers, type Servers } from './secrets-servers.ts';

let google: GoogleSecrets;
let servers: Servers;
let call: Call;

before(async () => {
  google = await startGoogleSecrets('my-project', 'a-token');
  servers = await prepareServers('gcp_secrets');
  call = await servers.startOurs({
    ZENML_SECRETS_STORE_TYPE: 'gcp',
    ZENML_SECRETS_STORE_AUTH_METHOD: 'oauth2-token',
    ZENML_SECRETS_STORE_AUTH_CONFIG: JSON.stringify({ project_id: 'my-project', token: 'a-token' }),
    CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER: google.url,
  });
});
after(async () => {
  await servers?.stop();
  await google?.stop();
});

const kept = (id: string) => {
  const secret = google.secrets.get(`zenml-${id}`);
  const texts = secret?.versions.map((data) => JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as unknown);
  return { labels: secret?.labels, versions: texts };
};

const valuesOf = (body: Record<string, unknown>) => (body['body'] as { values: unknown }).values;

test('a secret is kept under its name and labels, a version for each change, and removed', async () => {
  const created = await call('POST', '/secrets', { name: 'one', values: { a: 'ä', b: '2' } });
  assert.equal(created.status, 200, JSON.stringify(created.body));
  const id = String(created.body['id']);
  const { body: info } = await call('GET', '/info');
  assert.equal(info['secrets_store_type'], 'gcp');
  assert.deepEqual(kept(id), { labels: { zenml: info['id'], zenml_secret_id: id }, versions: [{ a: 'ä', b: '2' }] });
  const changed = await call('PUT', `/secrets/${id}?patch_values=true`, { values: { a: null, c: '3' } });
  assert.deepEqual(valuesOf(changed.body), { b: '2', c: '3' });
  assert.deepEqual(kept(id).versions, [
    { a: 'ä', b: '2' },
    { b: '2', c: '3' },
  ]);
  assert.deepEqual(valuesOf((await call('GET', `/secrets/${id}`)).body), { b: '2', c: '3' });
  assert.equal((await call('DELETE', `/secrets/${id}`)).status, 200);
  assert.equal(google.secrets.size, 0);
});

test('a busy Google is asked again, one that refuses is told of, and nothing is changed', async () => {
  google.refuse.push(503, 429);
  const { status, body } = await call('POST', '/secrets', { name: 'two', values: { a: '1' } });
  assert.equal(status, 200, JSON.stringify(body));
  google.refuse.push(403);
  const refused = await call('PUT', `/secrets/${body['id']}`, { name: 'other', values: { a: '2' } });
  assert.equal(refused.status, 500);
  assert.deepEqual(refused.body['detail'], ['RuntimeError', 'Failed to create secret.: 403 Refused by the test.']);
  const { body: same } = await call('GET', `/secrets/${body['id']}`);
  assert.deepEqual([same['name'], valuesOf(same)], ['two', { a: '1' }]);
});

test('a secret that Google has not, or that is another server’s, is missing', async () => {
  const { body } = await call('POST', '/secrets', { name: 'three', values: { a: '1' } });
  const name = `zenml-${body['id']}`;
  const secret = google.secrets.get(name);
  assert.ok(secret);
  Object.assign(secret.labels, { zenml: 'another' });
  const foreign = await call('GET', `/secrets/${body['id']}`);
  assert.deepEqual([foreign.status, (foreign.body['detail'] as string[])[0]], [404, 'KeyError']);
  const overwritten = await call('PUT', `/secrets/${body['id']}`, { values: { a: '2' } });
  assert.equal(overwritten.status, 500);
  assert.match(JSON.stringify(overwritten.body), /is not managed by this ZenML instance/);
  assert.equal(secret.versions.length, 1);
});
