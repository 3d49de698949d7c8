import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { makePodDatabase, type PodDatabase } from './database.ts';

/** The Job that migrates before a rollout, by Helm and by manifests. `KUBECONFIG`, `ZENML_TEST_…` as `run.mjs` gives them. */
const run = promisify(execFile);
const helmProgram = process.env['ZENML_TEST_HELM'] ?? 'helm';
const kubectl = async (...args: string[]) => (await run('kubectl', args)).stdout;
const helm = async (...args: string[]) => (await run(helmProgram, args)).stdout;

const NAME = 'zenml-workspace-server';
const BY_HELM = { namespace: 'migration-helm', runners: 'migration-helm-runners' };
const BY_MANIFESTS = { namespace: 'migration-server', runners: 'migration-runners' };
const FROM_STORE = { namespace: 'migration-store', runners: 'migration-store-runners' };
/** As a cluster names what holds its secrets, and the entry of this server. */
const STORE = { storeName: 'vault', key: 'zenml/production' };

const directory = mkdtempSync(join(tmpdir(), 'charts-migration-'));
const chart = join(directory, 'chart');
const databases: PodDatabase[] = [];

/** Makes the namespace of a server and its database. @returns the database, what makes its Secret, and what writes a file of values */
async function prepare({ namespace, runners }: typeof BY_HELM, secret: object = {}) {
  const database = await makePodDatabase(`${namespace.replaceAll('-', '_')}_${process.pid}`);
  databases.push(database);
  await kubectl('create', 'namespace', namespace);
  const makeSecret = async (name = NAME) => {
    const file = join(directory, 'secret.json');
    const stringData = {
      ZENML_STORE_URL: database.url,
      ZENML_SERVER_JWT_SECRET_KEY: 'a key that only tests sign tokens with',
      ZENML_SECRETS_STORE_ENCRYPTION_KEY: 'a key that only tests encrypt with',
    };
    const manifest = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData };
    writeFileSync(file, JSON.stringify(manifest), { mode: 0o600 });
    await kubectl('apply', '-f', file);
  };
  const [repository = '', tag = ''] = (process.env['ZENML_TEST_IMAGE'] ?? '').split(/:(?=[^:]*$)/);
  const values = (drainDelaySeconds: number) => {
    const path = join(directory, `${namespace}-${drainDelaySeconds}.json`);
    const server = { image: { repository, tag }, replicas: 1, resources: { requests: {} }, drainDelaySeconds };
    const switches = { secret, migration: { mode: 'job' }, autoscaling: { enabled: false } };
    writeFileSync(path, JSON.stringify({ namespace, server, runners: { namespace: runners }, ...switches }));
    return path;
  };
  return { database, makeSecret, values };
}

/** What the External Secrets Operator does: makes the Secret that an ExternalSecret asks for, from the entry that it names. */
async function playOperator(namespace: string, makeSecret: (name: string) => Promise<void>): Promise<void> {
  const path =
    '{.items[*].spec.secretStoreRef.name} {.items[*].spec.dataFrom[*].extract.key} {.items[*].spec.target.name}';
  const [store, key, name = ''] = (await read(namespace, 'externalsecrets', path)).split(' ');
  assert.deepEqual({ storeName: store, key }, STORE);
  await makeSecret(name);
}

before(async () => {
  await run(process.execPath, ['charts-ts/generate-helm.ts'], { env: { ...process.env, ZENML_HELM_OUTDIR: chart } });
  await kubectl('apply', '--server-side', '-f', process.env['ZENML_TEST_CRDS'] ?? assert.fail('set ZENML_TEST_CRDS'));
  await kubectl('wait', '--for=condition=established', 'crd', '--all', '--timeout=30s');
});

after(async () => {
  for (const { namespace } of [BY_HELM, FROM_STORE])
    await run(helmProgram, ['uninstall', 'zenml', '--namespace', namespace, '--ignore-not-found']);
  const namespaces = [BY_HELM, BY_MANIFESTS, FROM_STORE].flatMap(({ namespace, runners }) => [namespace, runners]);
  await kubectl('delete', 'namespace', ...namespaces, '--ignore-not-found', '--wait=false');
  await kubectl('delete', 'priorityclass', `${NAME}-${BY_MANIFESTS.namespace}`, '--ignore-not-found');
  await Promise.all(databases.map((database) => database.remove()));
  rmSync(directory, { recursive: true });
});

const read = (namespace: string, kind: string, path: string, ...options: string[]) =>
  kubectl('get', kind, '-n', namespace, '-o', `jsonpath=${path}`, ...options);

/** How often containers of the server began anew. */
const restartsIn = (namespace: string) =>
  read(
    namespace,
    'pods',
    '{.items[*].status.containerStatuses[0].restartCount}',
    `--selector=app.kubernetes.io/name=${NAME}`,
  );

const waitForServer = (namespace: string) =>
  kubectl('rollout', 'status', '-n', namespace, `deployment/${NAME}`, '--timeout=120s');

async function show(context: { diagnostic(text: string): void }, namespace: string): Promise<void> {
  context.diagnostic(await kubectl('describe', 'jobs,pods', '-n', namespace));
  context.diagnostic(await kubectl('logs', '-n', namespace, '-l', `app.kubernetes.io/name=${NAME}-migration`));
}

async function waitForJob(context: { diagnostic(text: string): void }, namespace: string): Promise<void> {
  const complete = ['wait', '-n', namespace, '--for=condition=complete', 'job', '--all', '--timeout=90s'];
  await kubectl(...complete).catch(async (error: unknown) => {
    await show(context, namespace);
    throw error;
  });
}

test('Helm migrates an empty database before there is a replica, and none of these has to try twice', async (context) => {
  const { namespace } = BY_HELM;
  const { database, makeSecret, values } = await prepare(BY_HELM);
  await makeSecret();
  const args = [chart, '--namespace', namespace, '--values', values(0), '--timeout=90s'];
  await helm('install', 'zenml', ...args).catch(async (error: unknown) => {
    await show(context, namespace);
    throw error;
  });
  assert.equal((await database.query('select version_num from alembic_version')).length, 1);
  assert.equal(await read(namespace, 'jobs', '{.items[*].status.succeeded}'), '1');
  assert.equal(await read(namespace, 'configmap', '{.items[*].data.DISABLE_DATABASE_MIGRATION}'), 'true');
  await waitForServer(namespace);
  assert.equal(await restartsIn(namespace), '0');
});

test('a migration that is refused stops the upgrade before it changes anything, and at once', async () => {
  const { namespace } = BY_HELM;
  const [database] = databases;
  const more = ['--reuse-values', '--set', 'server.replicas=2'];
  await database?.query("update alembic_version set version_num = '0.99.0'");
  await assert.rejects(helm('upgrade', 'zenml', chart, '--namespace', namespace, ...more), /pre-upgrade hooks failed/);
  assert.equal(await read(namespace, 'jobs', '{.items[*].status.failed}'), '1');
  assert.match(await kubectl('logs', '-n', namespace, `job/${NAME}-migration`), /is at ZenML revision 0\.99\.0/);
  assert.equal(await read(namespace, `deployment/${NAME}`, '{.spec.replicas}'), '1');
});

test('of manifests that are applied at once, too, the Job migrates, once an operator has made the Secret', async (context) => {
  const { namespace } = BY_MANIFESTS;
  const { database, makeSecret, values } = await prepare(BY_MANIFESTS, { externalSecret: STORE });
  const apply = async (file: string) => {
    const env = { ...process.env, ZENML_CHART_VALUES: file, CDK8S_OUTDIR: directory };
    await run(process.execPath, ['charts-ts/main.ts'], { env });
    await kubectl('apply', '--server-side', '-f', join(directory, `${NAME}.yaml`));
  };
  await apply(values(0));
  await playOperator(namespace, makeSecret);
  await waitForJob(context, namespace);
  assert.equal((await database.query('select version_num from alembic_version')).length, 1);
  await waitForServer(namespace);
  context.diagnostic(`restarts before the database was there: ${await restartsIn(namespace)}`);
  const jobs = async () => (await kubectl('get', 'jobs', '-n', namespace, '-o', 'name')).trim().split('\n').length;
  await apply(values(0));
  assert.equal(await jobs(), 1);
  // What a Job does cannot be changed: another one is made.
  await apply(values(1));
  assert.equal(await jobs(), 2);
});

test('a release whose Secret comes from a store begins with the Job, and then has it as a hook', {
  skip: process.env['ZENML_TEST_LONG'] ? false : 'only with --long',
}, async (context) => {
  const { namespace } = FROM_STORE;
  const { database, makeSecret, values } = await prepare(FROM_STORE, { externalSecret: STORE });
  const common = [chart, '--namespace', namespace, '--timeout=90s'];
  await helm('install', 'zenml', ...common, '--values', values(0));
  await playOperator(namespace, makeSecret);
  await waitForJob(context, namespace);
  await waitForServer(namespace);
  assert.equal((await database.query('select version_num from alembic_version')).length, 1);
  await helm('upgrade', 'zenml', ...common, '--values', values(1));
  assert.match(await helm('get', 'hooks', 'zenml', '--namespace', namespace), /kind: Job/);
});
