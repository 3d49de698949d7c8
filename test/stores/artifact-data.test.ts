import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import type { ArtifactStore } from '../../server/src/artifact-stores/artifact-store.ts';
import { createGcsStore } from '../../server/src/artifact-stores/gcs-store.ts';
import { createS3Store } from '../../server/src/artifact-stores/s3-store.ts';
import { encodeJson } from '../../server/src/database/encoded-json.ts';
import { newId, toDatabaseId } from '../../server/src/database/ids.ts';
import { now } from '../../server/src/database/instants.ts';
import { startTestServer, type TestServer } from '../../server/src/testing/test-server.ts';
import { type CloudStorage, findFakeGcs, startGcs, startS3 } from './cloud-storage.ts';

const BUCKET = 'artifacts';
const ROOT = `s3://${BUCKET}/root`;

let s3: CloudStorage;
let server: TestServer;
let store: ArtifactStore;

before(async () => {
  s3 = await startS3(BUCKET);
  server = await startTestServer();
  store = createS3Store({
    endpoint: s3.url,
    credentials: { accessKeyId: 'tests', secretAccessKey: 'tests' },
  });
});
after(async () => {
  await server?.stop();
  await s3?.stop();
});

/** @returns the id of the component, API form */
async function insertStore(flavor: string, configuration: object): Promise<string> {
  const id = newId();
  const created = now();
  await server.database.db
    .insertInto('stack_component')
    .values({
      id,
      created,
      updated: created,
      name: `store-${id}`,
      type: 'artifact_store',
      flavor,
      configuration: encodeJson(configuration),
    })
    .execute();
  return id;
}

const s3Configuration = (more: object = {}) => ({
  path: ROOT,
  key: 'tests',
  secret: 'tests',
  client_kwargs: { endpoint_url: s3.url },
  ...more,
});

async function createVersion(storeId: string, uri: string, visualizations: object[] = []): Promise<string> {
  const source = { module: 'builtins', attribute: 'str', type: 'builtin' };
  const { status, body } = await server.call('POST', '/artifact_versions', {
    project: server.projectId,
    artifact_name: 'table',
    artifact_store_id: storeId,
    type: 'DataArtifact',
    uri,
    materializer: source,
    data_type: source,
    save_type: 'step_output',
    visualizations,
  });
  assert.equal(status, 200, JSON.stringify(body));
  return String(body['id']);
}

test('a visualization is read from S3 as text, an image as base64, and nothing from outside the store', async () => {
  await store.write(`${ROOT}/v/shown.html`, Buffer.from('<b>ä</b>'));
  await store.write(`${ROOT}/v/dot.png`, Buffer.from([0x89, 0x50, 0, 255]));
  await store.write(`s3://${BUCKET}/root-of-another/secret.html`, Buffer.from('secret'));
  const id = await createVersion(await insertStore('s3', s3Configuration()), `${ROOT}/v`, [
    { type: 'html', uri: `${ROOT}/v/shown.html` },
    { type: 'image', uri: `${ROOT}/v/dot.png` },
    { type: 'html', uri: `s3://${BUCKET}/root-of-another/secret.html` },
    { type: 'html', uri: `${ROOT}/v/gone.html` },
  ]);
  const { body } = await server.call(`GET`, `/artifact_versions/${id}`);
  const order = (body['metadata'] as { visualizations: { body: { uri: string } }[] }).visualizations.map(
    ({ body: { uri } }) => uri.slice(uri.lastIndexOf('/') + 1),
  );
  const show = (name: string) => server.call('GET', `/artifact_versions/${id}/visualize?index=${order.indexOf(name)}`);
  assert.deepEqual((await show('shown.html')).body, { type: 'html', value: '<b>ä</b>' });
  assert.deepEqual((await show('dot.png')).body, {
    type: 'image',
    value: Buffer.from([0x89, 0x50, 0, 255]).toString('base64'),
  });
  for (const missing of ['secret.html', 'gone.html']) {
    const answer = await show(missing);
    assert.equal(answer.status, 404);
    assert.match(JSON.stringify(answer.body), /DoesNotExistException.*does not exist in artifact store/);
  }
  const outOfRange = await server.call('GET', `/artifact_versions/${id}/visualize?index=4`);
  assert.equal(outOfRange.status, 404);
  assert.match(JSON.stringify(outOfRange.body), /only has 4 visualizations, but index 4 was requested/);
});

test('an artifact is downloaded as an archive, with a token for it and for nothing else', async () => {
  const long = `${'deep/'.repeat(30)}file.bin`;
  const large = Buffer.alloc(700_000, 7);
  await store.write(`${ROOT}/a/data.json`, Buffer.from('{"a": 1}'));
  await store.write(`${ROOT}/a/${long}`, large);
  const storeId = await insertStore('s3', s3Configuration({ client_kwargs: JSON.stringify({ endpoint_url: s3.url }) }));
  const id = await createVersion(storeId, `${ROOT}/a`);
  const other = await createVersion(storeId, `${ROOT}/a`);
  const { status, body: token } = await server.call<string>('GET', `/artifact_versions/${id}/download-token`);
  assert.equal(status, 200, JSON.stringify(token));
  const response = await server.fetch(`/artifact_versions/${id}/data?token=${token}`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/gzip');
  assert.equal(response.headers.get('content-disposition'), 'attachment; filename="table-2.tar.gz"');
  const archive = Buffer.from(await response.arrayBuffer());
  const names = execFileSync('tar', ['tz'], { input: archive }).toString().trim().split('\n');
  assert.deepEqual(names.filter((name) => !name.endsWith('/')).sort(), ['data.json', long].sort());
  assert.deepEqual(execFileSync('tar', ['xzO', long], { input: archive, maxBuffer: 10_000_000 }), large);
  const refused = await server.call('GET', `/artifact_versions/${other}/data?token=${token}`);
  assert.equal(refused.status, 401);
  assert.deepEqual(refused.body['detail'], ['CredentialsNotValid', 'Invalid resource ID']);
  assert.equal((await server.call('GET', `/artifact_versions/${id}/data?token=x`)).status, 401);
});

test('what is missing, too large, local or of an unknown flavor is refused before the browser leaves the page', async () => {
  const storeId = await insertStore('s3', s3Configuration());
  const token = async (id: string) => {
    const { status, body } = await server.call('GET', `/artifact_versions/${id}/download-token`);
    return `${status} ${(body['detail'] as string[])[0]}: ${(body['detail'] as string[])[1]}`;
  };
  const missing = await createVersion(storeId, `${ROOT}/nothing`);
  assert.equal(await token(missing), `404 KeyError: "The artifact URI '${ROOT}/nothing' does not exist."`);
  await store.write(`${ROOT}/large/1`, Buffer.alloc(600_000));
  await store.write(`${ROOT}/large/2`, Buffer.alloc(600_000));
  assert.match(
    await token(await createVersion(storeId, `${ROOT}/large`)),
    /^403 IllegalOperationError: .*1000000 bytes/,
  );
  const local = await insertStore('local', { path: '/' });
  assert.match(await token(await createVersion(local, '/etc')), /^403 .*local artifact store cannot be accessed/);
  const azure = await insertStore('azure', { path: 'az://x' });
  assert.match(await token(await createVersion(azure, 'az://x/y')), /^501 NotImplementedError: .*flavor azure/);
  const unreachable = await insertStore(
    's3',
    s3Configuration({ client_kwargs: { endpoint_url: 'http://127.0.0.1:9' } }),
  );
  assert.match(await token(await createVersion(unreachable, `${ROOT}/a`)), /^500 RuntimeError: .*cannot be read/);
});

test('an artifact is deleted with its data, and nothing beside it', async () => {
  for (const name of ['gone/1', 'gone/deep/2', 'gone-not/3']) await store.write(`${ROOT}/${name}`, Buffer.from('x'));
  const id = await createVersion(await insertStore('s3', s3Configuration()), `${ROOT}/gone`);
  const { status } = await server.call('DELETE', `/artifact_versions/${id}?delete_from_artifact_store=true`);
  assert.equal(status, 200);
  assert.equal(await store.stat(`${ROOT}/gone`), undefined);
  assert.deepEqual(await store.stat(`${ROOT}/gone-not/3`), { kind: 'file', size: 1 });
  assert.equal((await server.call('GET', `/artifact_versions/${id}`)).status, 404);
});

test('credentials come from public secrets, and never from private ones', async () => {
  const values = { key: 'tests', secret: 'tests' };
  await server.call('POST', '/secrets', { name: 'open', values, private: false });
  await server.call('POST', '/secrets', { name: 'mine', values, private: true });
  const tokenWith = async (name: string) => {
    const references = { key: `{{${name}.key}}`, secret: `{{ ${name}.secret }}` };
    const storeId = await insertStore('s3', s3Configuration(references));
    return server.call('GET', `/artifact_versions/${await createVersion(storeId, `${ROOT}/a`)}/download-token`);
  };
  assert.equal((await tokenWith('open')).status, 200);
  assert.equal((await tokenWith('mine')).status, 404);
  const byName = await insertStore('s3', { ...s3Configuration(), authentication_secret: 'open' });
  const id = await createVersion(byName, `${ROOT}/a`);
  assert.equal((await server.call('GET', `/artifact_versions/${id}/download-token`)).status, 200);
});

describe('logs', () => {
  /** @returns the id of the log record */
  async function createLog(storeId: string, uri: string): Promise<string> {
    const runId = newId();
    const created = now();
    const { db } = server.database;
    const id = newId();
    await db
      .insertInto('pipeline_run')
      .values({
        id: runId,
        created,
        updated: created,
        name: runId,
        status: 'completed',
        in_progress: 0,
        project_id: toDatabaseId(server.projectId),
        enable_heartbeat: 0,
        index: 0,
      })
      .execute();
    const owner = { step_run_id: null, log_store_id: null, hook_invocation_id: null, user_id: null };
    const scope = { source: 'step', project_id: toDatabaseId(server.projectId), pipeline_run_id: runId, ...owner };
    await db
      .insertInto('logs')
      .values({ id, created, updated: created, uri, artifact_store_id: storeId, ...scope })
      .execute();
    return id;
  }

  const messagesOf = (body: Record<string, unknown>) =>
    (body['items'] as { message: string }[]).map(({ message }) => message);

  test('entries are read page by page over all files of a log, however the pages fall', async () => {
    const line = (message: string) => `${JSON.stringify({ message, level: 20, timestamp: '2026-01-02 03:04:05.5' })}\n`;
    await store.write(`${ROOT}/logs/x/1.log`, Buffer.from(`${line('first')}${line('ä second')}plain, no end`));
    await store.write(`${ROOT}/logs/x/2.log`, Buffer.from(`\n[2026-01-02 03:04:05 UTC] old\n{"message": 5}\n`));
    const id = await createLog(await insertStore('s3', s3Configuration()), `${ROOT}/logs/x`);
    const all = ['first', 'ä second', 'plain, no end', 'old', '{"message": 5}'];
    for (const limit of [1, 2, 3, 5, 50]) {
      const seen: string[] = [];
      let after: string | null = '';
      do {
        const cursor: string = after ? `&after=${encodeURIComponent(after)}` : '';
        const { body } = await server.call('GET', `/logs/${id}/entries?limit=${limit}${cursor}`);
        seen.push(...messagesOf(body));
        after = body['after'] as string | null;
      } while (after);
      assert.deepEqual(seen, all, `limit ${limit}`);
    }
    const { body } = await server.call('GET', `/logs/${id}/entries`);
    const [first, , , old] = body['items'] as Record<string, unknown>[];
    assert.equal(first?.['timestamp'], '2026-01-02T03:04:05.500000');
    assert.equal(old?.['timestamp'], '2026-01-02T03:04:05Z');
  });

  test('a missing log is empty; filters and other ends are refused', async () => {
    const id = await createLog(await insertStore('s3', s3Configuration()), `${ROOT}/logs/none.log`);
    assert.deepEqual((await server.call('GET', `/logs/${id}/entries`)).body, { items: [], before: null, after: null });
    for (const query of ['start=newest', 'before=x', 'search=x', 'since=2026-01-01T00:00:00Z']) {
      const { status, body } = await server.call('GET', `/logs/${id}/entries?${query}`);
      assert.equal(status, 400, query);
      assert.match(JSON.stringify(body), /only reads a log file from its start/);
    }
    assert.equal((await server.call('GET', `/logs/${id}/entries?after=nonsense`)).status, 400);
  });
});

describe('Google Cloud Storage', () => {
  const program = findFakeGcs();
  const skip = program === undefined && 'there is no fake-gcs-server for this machine';
  let gcs: CloudStorage;
  before(async () => {
    if (program === undefined) return;
    gcs = await startGcs(program, BUCKET);
    process.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE'] = gcs.url;
  });
  after(async () => {
    delete process.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE'];
    await gcs?.stop();
  });

  test('files are found, listed, read in part and removed', { skip }, async () => {
    const bucket = createGcsStore({});
    await bucket.write(`gs://${BUCKET}/d/one`, Buffer.from('0123456789'));
    await bucket.write(`gs://${BUCKET}/d/e/two`, Buffer.from('two'));
    assert.deepEqual(await bucket.stat(`gs://${BUCKET}/d/one`), { kind: 'file', size: 10 });
    assert.deepEqual(await bucket.stat(`gs://${BUCKET}/d`), { kind: 'directory' });
    assert.equal(await bucket.stat(`gs://${BUCKET}/x`), undefined);
    const files: string[] = [];
    for await (const { uri, size } of bucket.list(`gs://${BUCKET}/d`)) files.push(`${uri} ${size}`);
    assert.deepEqual(files, [`gs://${BUCKET}/d/e/two 3`, `gs://${BUCKET}/d/one 10`]);
    const part = (await (await bucket.read(`gs://${BUCKET}/d/one`, { start: 2, end: 5 })).toArray()) as Buffer[];
    assert.equal(Buffer.concat(part).toString(), '234');
    await assert.rejects(bucket.read(`gs://${BUCKET}/x`), /no file/);
    await bucket.remove(`gs://${BUCKET}/d/one`);
    assert.equal(await bucket.stat(`gs://${BUCKET}/d/one`), undefined);
  });

  test('an artifact store of the flavor gcp shows its visualizations', { skip }, async () => {
    await createGcsStore({}).write(`gs://${BUCKET}/v/a.md`, Buffer.from('# A'));
    const storeId = await insertStore('gcp', { path: `gs://${BUCKET}` });
    const id = await createVersion(storeId, `gs://${BUCKET}/v`, [{ type: 'markdown', uri: `gs://${BUCKET}/v/a.md` }]);
    const { body } = await server.call('GET', `/artifact_versions/${id}/visualize`);
    assert.deepEqual(body, { type: 'markdown', value: '# A' });
  });
});
