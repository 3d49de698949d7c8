import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

/** The manifests on a real API server, whose kubeconfig `KUBECONFIG` names. */
const run = promisify(execFile);
const kubectl = async (...args: string[]) => (await run('kubectl', args)).stdout;

const SERVER = 'charts-test-server';
const RUNNERS = 'charts-test-runners';
const SERVER_ACCOUNT = `system:serviceaccount:${SERVER}:zenml-workspace-server`;
const RUNNER_ACCOUNT = `system:serviceaccount:${RUNNERS}:zenml-workspace-service-account`;

const ALLOWED = [
  ...['create', 'get', 'list', 'watch', 'delete', 'deletecollection'].map((verb) => [verb, 'jobs.batch']),
  ...['get', 'list', 'watch'].map((verb) => [verb, 'pods']),
  ['get', 'pods/log'],
  ['list', 'events'],
  ...['create', 'get', 'delete'].map((verb) => [verb, 'secrets']),
];
const FORBIDDEN = [
  ['create', 'pods'],
  ['delete', 'pods'],
  ['create', 'pods/exec'],
  ['list', 'secrets'],
  ['update', 'jobs.batch'],
  ['patch', 'jobs.batch'],
  ['create', 'roles.rbac.authorization.k8s.io'],
  ['create', 'serviceaccounts/token'],
];

const directory = mkdtempSync(join(tmpdir(), 'charts-cluster-'));
const manifests = join(directory, 'zenml-workspace-server.yaml');

async function may(account: string, namespace: string, [verb = '', resource = '']: string[]): Promise<boolean> {
  const question = ['auth', 'can-i', verb, resource, '--as', account, '-n', namespace];
  // It answers "no" with exit code 1.
  const { stdout } = await run('kubectl', question).catch((error: { stdout: string }) => error);
  assert.match(stdout, /^(yes|no)/, question.join(' '));
  return stdout.startsWith('yes');
}

before(async () => {
  const values = join(directory, 'values.json');
  writeFileSync(
    values,
    JSON.stringify({ namespace: SERVER, runners: { namespace: RUNNERS }, autoscaling: { enabled: false } }),
  );
  const env = { ...process.env, ZENML_CHART_VALUES: values, CDK8S_OUTDIR: directory };
  const synth = spawnSync(process.execPath, ['charts-ts/main.ts'], { env, encoding: 'utf8' });
  assert.equal(synth.status, 0, synth.stderr);
});

after(async () => {
  await kubectl('delete', '-f', manifests, '--wait=false', '--ignore-not-found');
  rmSync(directory, { recursive: true });
});

test('the API server accepts every manifest, and the namespace’s Pod Security Standard the server’s pods', async () => {
  const { stderr } = await run('kubectl', ['apply', '--server-side', '-f', manifests]);
  assert.doesNotMatch(stderr, /would violate/);
  assert.match(await kubectl('get', 'namespace', SERVER, '--show-labels'), /enforce=restricted/);
  // A pod that the standard refuses is never made.
  await kubectl('wait', '-n', SERVER, '--for=jsonpath={.status.replicas}=2', 'deployment', '--all', '--timeout=60s');
  const pods = await kubectl('get', 'pods', '-n', SERVER, '-o', 'name');
  assert.equal(pods.trim().split('\n').length, 2);
});

test('the server may do what it needs in the namespace of the runners, and nothing else', async () => {
  for (const right of ALLOWED) assert.ok(await may(SERVER_ACCOUNT, RUNNERS, right), `not allowed: ${right.join(' ')}`);
  for (const right of FORBIDDEN) assert.ok(!(await may(SERVER_ACCOUNT, RUNNERS, right)), `allowed: ${right.join(' ')}`);
  for (const right of [...ALLOWED, ...FORBIDDEN]) {
    assert.ok(!(await may(SERVER_ACCOUNT, SERVER, right)), `allowed in its own namespace: ${right.join(' ')}`);
  }
});

test('runners may do nothing', async () => {
  for (const right of [...ALLOWED, ...FORBIDDEN]) {
    assert.ok(!(await may(RUNNER_ACCOUNT, RUNNERS, right)), `allowed: ${right.join(' ')}`);
  }
});
