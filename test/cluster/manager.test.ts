import { randomUUID } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rootCertificates } from 'node:tls';
import { TEST_JOBS } from '../../server/src/testing/test-workloads.ts';
import { connectCloudCluster } from '../../server/src/workloads/kubernetes/cluster.ts';
import { runnerJob } from '../../server/src/workloads/kubernetes/runner-job.ts';
import { WorkloadError, type WorkloadLogLine, type WorkloadManager } from '../../server/src/workloads/manager.ts';
import { smallerRules } from '../../tools/cluster/workload-namespace.mjs';
import { startCountingProxy } from '../scale/counting-proxy.ts';
import { shell, startManager, startWorkspace, until, type Watched, type Workspace } from './workspace.ts';

let workspace: Workspace;
let kubeconfig: string;
let watched: Watched;
let manager: WorkloadManager;

beforeAll(async () => {
  workspace = await startWorkspace();
  kubeconfig = await workspace.namespace('runners');
  watched = await startManager(kubeconfig, {});
  manager = watched.manager;
});

afterAll(async () => {
  await manager?.stop();
  await workspace?.stop();
});

/** What single tests have started. */
const otherManagers: WorkloadManager[] = [];
afterEach(() => Promise.all(otherManagers.splice(0).map((other) => other.stop())));

/** Starts another manager, until the test ends. */
async function startOther(...given: Parameters<typeof startManager>): Promise<Watched> {
  const other = await startManager(...given);
  otherManagers.push(other.manager);
  return other;
}

/** Ends when it is told to, which the first process of a pod does not do by itself. */
const WAIT = 'trap "exit 143" TERM; sleep 300 & wait';

const kubectl = (...args: string[]) => workspace.cluster.kubectl('-n', 'runners', ...args);

async function linesOf(lines: AsyncIterable<WorkloadLogLine>): Promise<WorkloadLogLine[]> {
  const found: WorkloadLogLine[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

/** The names of what exists of a workload. */
const remainsOf = async (name: string) =>
  (await kubectl('get', 'jobs,pods,secrets', '-l', `zenml.io/workload=${name}`, '-o', 'name')).trim();

test('a workload runs once however often it is launched, and its log is followed to the end', async () => {
  const workload = shell('ok', 'echo one; sleep 1; echo "$TOKEN $COLOUR"; id -u');
  await manager.launch(workload);
  await manager.launch(workload);
  const lines = await linesOf(manager.readLog('ok', { follow: true }));
  expect(lines.map(({ message }) => message)).toEqual(['one', 'token-of-run blue', '1000']);
  await watched.reaches('ok', 'succeeded');
  const [first] = lines;
  const rest = await linesOf(manager.readLog('ok', { after: String(first?.cursor) }));
  expect(rest).toEqual(lines.slice(1));
  expect((await manager.list()).find(({ name }) => name === 'ok')).toMatchObject({ phase: 'succeeded' });
  expect(await kubectl('get', 'pods', '-l', 'zenml.io/workload=ok', '-o', 'name')).toMatch(/^pod\/ok-\w+\n$/);
});

test.each<[string, string, RegExp]>([
  ['a process that fails', 'echo "ValueError: no such column"; exit 3', /ended with exit code 3: ValueError: no such/],
  ['too little memory', 'x=a; while true; do x=$x$x; done', /^killed: out of memory \(limit 64Mi\)$/],
])('%s is told in words', async (what, script, reason) => {
  const name = what.replaceAll(' ', '-');
  await manager.launch(shell(name, script));
  await watched.reaches(name, 'failed', reason);
});

test('beside a container that a service mesh has added, log and reason are still those of the runner', async () => {
  const serverId = randomUUID();
  const other = await startOther(kubeconfig, { serverId });
  const workload = shell('meshed', 'echo "ValueError: no such column"; exit 3');
  // As an admission webhook would have it; the launch takes it for what an earlier try has made.
  const job = runnerJob(workload, { ...TEST_JOBS, namespace: 'runners', serverId }, 'secret');
  const containers = job.spec?.template.spec?.containers;
  const [runner] = containers ?? [];
  if (runner) containers?.unshift({ ...runner, name: 'mesh', args: ['-c', 'echo listening; sleep 1'] });
  await workspace.cluster.apply([job]);
  await other.manager.launch(workload);
  const lines = await linesOf(other.manager.readLog('meshed', { follow: true }));
  expect(lines.map(({ message }) => message)).toEqual(['ValueError: no such column']);
  await other.reaches('meshed', 'failed', /ended with exit code 3: ValueError: no such column/);
  expect((await other.manager.lastSeen('meshed')).lastLines).toEqual(['ValueError: no such column']);
});

test('an image that is not there is told while the pod waits for it', async () => {
  await manager.launch(shell('no-image', 'true', 'localhost:1/none:1'));
  await watched.reaches('no-image', 'pending', /the image localhost:1\/none:1 cannot be pulled/);
});

test('a pod that no node takes says why', async () => {
  const other = await startOther(kubeconfig, { nodeSelector: { 'node-pool': 'none' } });
  await other.manager.launch(shell('no-node', 'true'));
  await other.reaches('no-node', 'pending', /^no node can run its pod: 0\/1 nodes are available/);
});

test('a service account that does not exist says so', async () => {
  const other = await startOther(kubeconfig, { serviceAccount: 'nobody' });
  // The role does not show it beforehand.
  expect(await other.manager.diagnose()).toEqual([
    {
      severity: 'warning',
      problem:
        "Whether the service account nobody exists in the namespace runners is not known: the server's role does not " +
        'show it, and no pod has it.',
      fix: expect.stringMatching(/^`kubectl get serviceaccount nobody --namespace runners` tells/),
    },
  ]);
  await other.manager.launch(shell('no-account', 'true'));
  await until(async () => {
    const { reason } = await other.manager.status('no-account');
    return reason === 'the service account nobody does not exist';
  });
});

test('an evicted pod is told from one that was deleted', async () => {
  await manager.launch(shell('evicted', WAIT));
  await manager.launch(shell('deleted', WAIT));
  await watched.reaches('evicted', 'running');
  await watched.reaches('deleted', 'running');
  const nameOf = async (name: string) =>
    (
      await kubectl('get', 'pods', '-l', `zenml.io/workload=${name}`, '-o', 'jsonpath={.items[0].metadata.name}')
    ).trim();
  await workspace.evict('runners', await nameOf('evicted'));
  await kubectl('delete', 'pod', await nameOf('deleted'), '--grace-period=1');
  await watched.reaches('evicted', 'failed', /^its pod was evicted/);
  await watched.reaches('deleted', 'failed', /^its pod was deleted$/);
});

test('a Job that was deleted by hand is seen to be gone', async () => {
  await manager.launch(shell('by-hand', WAIT));
  await watched.reaches('by-hand', 'running');
  await kubectl('delete', 'job', 'by-hand');
  await watched.reaches('by-hand', 'absent');
  expect(await manager.status('by-hand')).toMatchObject({ phase: 'absent' });
});

test('what is removed leaves neither Job nor pod nor Secret, also at once after its launch', async () => {
  await manager.launch(shell('removed', WAIT));
  await manager.remove('removed');
  await until(async () => (await remainsOf('removed')) === '');
  await manager.remove('removed');
  await watched.reaches('removed', 'absent');
});

test('a quota is waited for, and said', async () => {
  const takesNoJob = async () => {
    const findings = await manager.preflight({ orchestrator: undefined, all: [] });
    return findings.some(
      ({ severity, problem }) => severity === 'error' && /^The namespace runners takes no Job: /.test(problem),
    );
  };
  await kubectl('create', 'quota', 'none', '--hard=count/jobs.batch=0');
  try {
    // The API server learns of a quota, and of its end, a moment later.
    await until(takesNoJob);
    await expect(manager.launch(shell('quota', 'true'))).rejects.toThrow(/exceeded quota/);
  } finally {
    await kubectl('delete', 'quota', 'none');
  }
  await until(async () => !(await takesNoJob()));
  await manager.launch(shell('quota', 'true'));
  await watched.reaches('quota', 'succeeded');
});

test('a quota that takes the Job and not its pod is the reason for which it waits', async () => {
  await kubectl('create', 'quota', 'no-pods', '--hard=pods=0');
  try {
    await kubectl('wait', 'quota/no-pods', '--for=jsonpath={.status.hard.pods}=0', '--timeout=60s');
    await manager.launch(shell('no-pods', 'true'));
    await until(async () => /^exceeded quota: no-pods/.test((await manager.status('no-pods')).reason ?? ''));
    // Whoever may list quotas is told before.
    const other = await startOther(workspace.cluster.kubeconfig, {});
    expect(await other.manager.diagnose()).toEqual([
      {
        severity: 'error',
        problem: expect.stringMatching(
          /^The quota no-pods takes no pod of a runner: pods 0, of which \d+ used, and 1 needed\.$/,
        ),
        fix: expect.stringMatching(/^Raise it/),
      },
    ]);
  } finally {
    await kubectl('delete', 'quota', 'no-pods');
    await manager.remove('no-pods');
  }
});

test('an API server that ends and comes back is watched again, and nothing is missed', async () => {
  await manager.launch(shell('outage', 'sleep 4; echo over'));
  await watched.reaches('outage', 'running');
  await workspace.cluster.kill('kube-apiserver');
  try {
    await expect(manager.launch(shell('refused', 'true'))).rejects.toThrow(/does not take its Job/);
    await until(async () => readFileSync(workspace.logFile('runners', 'outage'), 'utf8').includes('over'));
  } finally {
    await workspace.cluster.restart('kube-apiserver');
  }
  await watched.reaches('outage', 'succeeded');
  await manager.launch(shell('afterwards', 'true'));
  await watched.reaches('afterwards', 'succeeded');
});

test('what several servers run in one namespace is kept apart', async () => {
  const other = await startOther(kubeconfig, {});
  await other.manager.launch(shell('theirs', 'true'));
  await other.reaches('theirs', 'succeeded');
  expect((await other.manager.list()).map(({ name }) => name)).toEqual(['theirs']);
  expect((await manager.list()).map(({ name }) => name)).not.toContain('theirs');
});

describe('a kubeconfig', () => {
  let given: { clusters: { name: string; cluster: object & { server: string } }[]; users: object[] };
  beforeAll(() => {
    given = JSON.parse(readFileSync(kubeconfig, 'utf8'));
  });

  function write(name: string, changes: object): string {
    const file = join(dirname(kubeconfig), name);
    writeFileSync(file, JSON.stringify({ ...given, ...changes }));
    return file;
  }

  const ofUser = (name: string, user: object) => write(name, { users: [{ name: 'user', user }] });

  /** A token of the server's that ends with a Secret. */
  async function tokenOf(secret: string): Promise<string> {
    await kubectl('create', 'secret', 'generic', secret);
    const bound = ['--bound-object-kind', 'Secret', '--bound-object-name', secret];
    return (await kubectl('create', 'token', 'server', ...bound)).trim();
  }

  test('may consist of several files and have several contexts, of which one is chosen', async () => {
    const gone = { name: 'gone', cluster: { server: 'https://127.0.0.1:1' } };
    const first = write('contexts', {
      clusters: [gone],
      users: [],
      contexts: [
        { name: 'gone', context: { cluster: 'gone', user: 'user' } },
        { name: 'chosen', context: { cluster: 'test', user: 'user' } },
      ],
      'current-context': 'gone',
    });
    const files = [first, join(dirname(kubeconfig), 'missing'), kubeconfig].join(delimiter);
    const other = await startOther(files, {}, { context: 'chosen' });
    expect(await other.manager.diagnose()).toEqual([]);
    const current = await startOther(files, {});
    expect(await current.manager.diagnose()).toEqual([
      expect.objectContaining({
        problem: expect.stringMatching(/^The cluster at https:\/\/127.0.0.1:1 does not answer/),
      }),
    ]);
    await expect(startOther(files, {}, { context: 'none' })).rejects.toThrow(
      'The kubeconfig cannot be used: it has no context `none`.',
    );
  });

  test('renews a token that has ended: from its file, from its plugin, or because it was written anew', async () => {
    const [ending, lasting] = [await tokenOf('ending'), await tokenOf('lasting')];
    const directory = dirname(kubeconfig);
    const give = (token: string) => {
      writeFileSync(join(directory, 'token'), `${token}\n`);
      return ofUser('with-token', { token });
    };
    // As plugins do that ask what they are called for.
    const plugin = `#!/bin/sh
      case "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*) ;; *) exit 1 ;; esac
      printf '{"kind": "ExecCredential", "status": {"token": "%s"}}' "$(cat "$1")"`;
    writeFileSync(join(directory, 'plugin'), plugin);
    chmodSync(join(directory, 'plugin'), 0o755);
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './plugin',
      args: [join(directory, 'token')],
    };
    const files = [give(ending), ofUser('with-file', { tokenFile: 'token' }), ofUser('with-plugin', { exec })];
    const servers = await Promise.all(files.map((file) => startOther(file, {})));
    for (const server of servers) expect(await server.manager.diagnose()).toEqual([]);
    await kubectl('delete', 'secret', 'ending');
    // The API server takes it for good some seconds longer.
    const ended = ['get', 'jobs', '--kubeconfig', ofUser('ended', { token: ending })];
    await until(() =>
      kubectl(...ended).then(
        () => false,
        () => true,
      ),
    );
    give(lasting);
    // Another context that somebody chooses meanwhile is none of the server's business.
    const contexts = [
      { name: 'test', context: { cluster: 'test', user: 'user' } },
      { name: 'other', context: { cluster: 'test', user: 'nobody' } },
    ];
    write('with-token', { users: [{ name: 'user', user: { token: lasting } }], contexts, 'current-context': 'other' });
    await Promise.all(
      servers.map(async ({ manager: theirs, reaches }, index) => {
        await theirs.launch(shell(`renewed-${index}`, 'true'));
        await reaches(`renewed-${index}`, 'succeeded');
      }),
    );
  });

  test('whose plugin gives nothing says why', async () => {
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'sh',
      args: ['-c', 'echo log in >&2; exit 1'],
    };
    const other = await startOther(ofUser('without-token', { exec }), {});
    const [finding] = await other.manager.diagnose();
    expect(finding?.problem).toMatch(
      /^The cluster at .* cannot be asked: the server gets no credentials for it: log in\.$/,
    );
  });

  test('whose connections break off has its watches taken up again', async () => {
    const proxy = await startCountingProxy(String(given.clusters[0]?.cluster.server));
    const cluster = { server: proxy.url, 'insecure-skip-tls-verify': true };
    const other = await startOther(write('through-proxy', { clusters: [{ name: 'test', cluster }] }), {});
    try {
      await other.manager.launch(shell('cut', 'sleep 2'));
      await other.reaches('cut', 'running');
      proxy.cut();
      await other.reaches('cut', 'succeeded');
    } finally {
      await proxy.stop();
    }
  });
});

test('a cluster as its cloud describes it is asked for a new token when it refuses one, and trusted by its certificate', async () => {
  const { clusters } = JSON.parse(readFileSync(kubeconfig, 'utf8'));
  const certificate = readFileSync(join(dirname(workspace.cluster.kubeconfig), 'certificates', 'apiserver.crt'));
  const tokens = ['of somebody who has left', (await kubectl('create', 'token', 'server')).trim()];
  const described = {
    server: String(clusters[0].cluster.server),
    certificateAuthority: certificate.toString('base64'),
    getToken: async () => tokens.shift() ?? '',
  };
  const cluster = connectCloudCluster('production', async () => described);
  const list = () => cluster.batch.listNamespacedJob({ namespace: 'runners', limit: 1 });
  await expect(list()).rejects.toMatchObject({ code: 401 });
  // So soon after the first a token is not asked for again.
  await sleep(1_100);
  expect(await list()).toHaveProperty('items');
  const other = { ...described, certificateAuthority: Buffer.from(rootCertificates[0] ?? '').toString('base64') };
  const untrusted = connectCloudCluster('production', async () => other).version.getCode();
  await expect(untrusted).rejects.toMatchObject({ cause: { code: expect.stringMatching(/CERT|SIGNATURE/) } });
});

describe('with the role of the closed plugins', () => {
  let smaller: Watched;

  beforeAll(async () => {
    const theirs = await workspace.namespace('smaller', smallerRules);
    smaller = await startManager(theirs, { namespace: 'smaller' });
  });

  afterAll(() => smaller?.manager.stop());

  test('everything works by listing pods, which is said once', async () => {
    const { manager: their } = smaller;
    await their.launch(shell('small', 'echo "$TOKEN"; sleep 1; exit 4'));
    await smaller.reaches('small', 'failed', /exit code 4/);
    expect((await linesOf(their.readLog('small', {}))).map(({ message }) => message)).toEqual(['token-of-run']);
    await their.remove('small');
    await smaller.reaches('small', 'absent');
    expect(smaller.warnings.filter((line) => line.includes('listed every 5 s'))).toHaveLength(1);
  });

  test('what is lost without the other rules is a warning each, and the Role that mends it is shown', async () => {
    const all = await smaller.manager.diagnose();
    // Known while there is a pod that ran as it.
    const findings = all.filter(({ problem }) => !problem.startsWith('Whether the service account'));
    expect(findings.map(({ severity }) => severity)).toEqual(['warning', 'warning', 'warning', 'warning']);
    expect(findings.map(({ problem }) => problem).join('\n')).toMatch(
      /may not list, watch jobs; watch pods: .*every 5 s(.|\n)*may not delete jobs; get pods: (.|\n)*may not list events(.|\n)*may not create, get, delete secrets: the tokens/,
    );
    expect(findings[0]?.fix).toContain('verbs: [create, get, list, watch, delete, deletecollection]');
  });

  test('a binding that has outlived its role leaves open what else the server may, and is named', async () => {
    const inTheirs = (...args: string[]) => workspace.cluster.kubectl('-n', 'smaller', ...args);
    await inTheirs('create', 'rolebinding', 'outlived', '--role=gone', '--serviceaccount=smaller:server');
    await until(async () => {
      const problems = (await smaller.manager.diagnose()).map(({ problem }) => problem).join('\n');
      return /^The cluster cannot say .* list, watch, delete jobs; .*: RBAC: role.* "gone" not found\.$/m.test(
        problems,
      );
    });
    await inTheirs('delete', 'rolebinding', 'outlived');
  });
});

describe('a cluster that was not prepared', () => {
  test('everything that is missing is told at once', async () => {
    const other = await startOther(kubeconfig, { namespace: 'nowhere' });
    const [finding, ...others] = await other.manager.diagnose();
    expect(finding?.problem).toMatch(
      /^The server may not create, get, deletecollection jobs; list pods; get pods\/log in the/,
    );
    expect(others.every(({ severity }) => severity === 'warning')).toBe(true);
  });

  test('credentials that it does not accept any more are named as such', async () => {
    const revoked = join(dirname(kubeconfig), 'revoked.kubeconfig');
    writeFileSync(revoked, JSON.stringify(workspace.cluster.configurationFor('of somebody who has left')));
    const other = await startOther(revoked, {});
    expect(await other.manager.diagnose()).toEqual([
      expect.objectContaining({ problem: expect.stringMatching(/does not accept the server's credentials\.$/) }),
    ]);
    // They may be renewed: another try may go through.
    const launched = other.manager.launch(shell('revoked', 'true'));
    await expect(launched).rejects.not.toBeInstanceOf(WorkloadError);
    await expect(launched).rejects.toThrow(
      /^The cluster does not take its Job: the server's credentials are not accepted$/,
    );
  });

  test('whoever may list nodes is told that none has the labels of the node selector', async () => {
    const nodeSelector = { 'node-pool': 'none', 'kubernetes.io/os': 'linux' };
    const other = await startOther(workspace.cluster.kubeconfig, { nodeSelector });
    expect(await other.manager.diagnose()).toEqual([
      expect.objectContaining({
        severity: 'warning',
        problem: 'No node has the labels node-pool=none,kubernetes.io/os=linux, by which pods choose theirs.',
      }),
    ]);
    const there = await startOther(workspace.cluster.kubeconfig, { nodeSelector: { 'kubernetes.io/os': 'linux' } });
    expect(await there.manager.diagnose()).toEqual([]);
  });

  test('an administrator is told of a missing namespace, service account and pull secret', async () => {
    const other = await startOther(workspace.cluster.kubeconfig, { namespace: 'nowhere', pullSecret: 'registry' });
    expect(await other.manager.diagnose()).toEqual([
      { severity: 'error', problem: 'The namespace nowhere does not exist.', fix: 'kubectl create namespace nowhere' },
      {
        severity: 'error',
        problem: 'The service account runner does not exist in the namespace nowhere.',
        fix: 'kubectl create serviceaccount runner --namespace nowhere',
      },
      {
        severity: 'error',
        problem: 'The pull secret registry does not exist in the namespace nowhere.',
        fix: expect.stringMatching(/^kubectl create secret docker-registry registry --namespace nowhere /),
      },
    ]);
    await expect(other.manager.launch(shell('lost', 'true'))).rejects.toThrow('The namespace nowhere does not exist.');
  });
});
