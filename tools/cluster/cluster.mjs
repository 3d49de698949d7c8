import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../bootstrap/failure.mjs';
import { lockHolder, tryLock } from '../bootstrap/lock.mjs';
import { Companion, isAlive, runOrFail, tail } from '../bootstrap/process.mjs';
import {
  configurationFor,
  controlPlane,
  nodePrograms,
  pathsOf,
  trustRegistry,
  writeConfiguration,
} from './components.mjs';
import { baseImages } from './images.mjs';
import { addresses, insideNetwork, makeNetwork, removeNetwork } from './network.mjs';
import { endPods, unmountBelow } from './remains.mjs';

const startMilliseconds = 120_000;
const lockMilliseconds = 15 * 60_000;

/**
 * A real cluster of one node, with RBAC, on which pods run. One at a time on a machine: a second one waits.
 * @typedef {object} Cluster
 * @property {string} kubeconfig path of the administrator's
 * @property {string} host this machine's address as pods reach it; servers must listen on it, or on 0.0.0.0
 * @property {(...args: string[]) => Promise<string>} kubectl runs it as the administrator; fails with what it printed
 * @property {(items: object[]) => Promise<string>} apply applies manifests
 * @property {(token: string) => object} configurationFor the kubeconfig of whoever has a token
 * @property {(image: {name: string, archive: string}) => Promise<void>} importImage from a docker archive, unless an
 *   earlier cluster had it; pods that name it with its tag use it
 * @property {(registry: string) => void} trustRegistry lets the node pull from a registry without TLS
 * @property {(name: string) => Promise<void>} kill ends one of its programs with SIGKILL, e.g. `kube-apiserver`
 * @property {(name: string) => Promise<void>} restart starts one that was killed
 * @property {() => Promise<void>} stop ends everything, pods included
 */

/**
 * Starts a cluster: some 15 s.
 * @param {import('./programs.mjs').ClusterPrograms} programs
 * @returns {Promise<Cluster>}
 */
export async function startCluster(programs) {
  const lock = join(programs.directory, 'run.lock');
  await waitForLock(lock);
  const run = join(programs.directory, 'run');
  const paths = pathsOf(run, programs);
  const running = new Map();
  const env = { ...process.env, PATH: `${programs.bin}${delimiter}${process.env.PATH}`, KUBECONFIG: paths.kubeconfig };
  const commands = { ...controlPlane(paths), ...nodePrograms(paths) };

  const start = (name) => {
    const [nsenter, network] = insideNetwork();
    const log = paths.file(`${name}.log`);
    running.set(name, new Companion(name, nsenter, [network, ...commands[name]], { log, env, cwd: run }));
  };
  const kubectl = (...args) => runOrFail(join(programs.bin, 'kubectl'), args, { env });
  const ctr = (...args) => runOrFail('ctr', ['-a', paths.socket, '-n', 'k8s.io', ...args]);
  const importImage = async ({ name, archive }) => {
    if (!(await ctr('images', 'ls', '-q')).split('\n').includes(name)) await ctr('images', 'import', archive);
  };
  const stop = async () => {
    await Promise.all([...running.values()].filter(({ name }) => name !== 'containerd').map((one) => one.stop(5_000)));
    await endPods(paths.socket);
    await running.get('containerd')?.stop(5_000);
    await clear(run);
    rmSync(lock, { force: true });
  };

  try {
    await clear(run);
    mkdirSync(run, { recursive: true, mode: 0o700 });
    await makeNetwork();
    writeConfiguration(paths);
    await runOrFail('openssl', ['genrsa', '-out', paths.file('accounts.key'), '2048']);
    await runOrFail('openssl', [
      'rsa',
      '-in',
      paths.file('accounts.key'),
      '-pubout',
      '-out',
      paths.file('accounts.pub'),
    ]);
    start('etcd');
    start('containerd');
    start('kube-apiserver');
    await until(() => answers(kubectl('get', '--raw', '/readyz')), running.get('kube-apiserver'));
    start('kube-controller-manager');
    start('kube-scheduler');
    for (const image of await baseImages(programs)) await importImage(image);
    start('kubelet');
    start('kube-proxy');
    await until(() => isNodeReady(kubectl), running.get('kubelet'));
    return {
      kubeconfig: paths.kubeconfig,
      host: addresses.host,
      kubectl,
      apply(items) {
        // Several may be applied at once.
        const manifest = paths.file(`${randomUUID()}.json`);
        writeFileSync(manifest, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
        return kubectl('apply', '-f', manifest);
      },
      configurationFor,
      importImage,
      trustRegistry: (registry) => trustRegistry(paths, registry),
      async kill(name) {
        process.kill(-running.get(name).pid, 'SIGKILL');
        await running.get(name).exited;
      },
      restart: async (name) => start(name),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function waitForLock(lock) {
  const deadline = Date.now() + lockMilliseconds;
  while (!tryLock(lock)) {
    if (Date.now() > deadline) {
      throw new Failure(`Process ${lockHolder(lock)} has had the tests' cluster for too long; end it.`);
    }
    await sleep(500);
  }
}

/** Removes what a run has left, also one that was killed: processes end with it, pods and mounts do not. */
async function clear(run) {
  await endPods(join(run, 'containerd.sock'));
  await unmountBelow(run);
  await removeNetwork();
  rmSync(run, { recursive: true, force: true });
}

async function until(condition, program) {
  const deadline = Date.now() + startMilliseconds;
  while (!(await condition())) {
    if (!isAlive(program.pid) || Date.now() > deadline) {
      throw new Failure(`The tests' cluster does not start. The end of ${program.log}:\n${tail(program.log)}`);
    }
    await sleep(200);
  }
}

function answers(request) {
  return request.then(
    () => true,
    () => false,
  );
}

async function isNodeReady(kubectl) {
  const state = '{.items[*].spec.taints}{.items[*].status.conditions[?(@.type=="Ready")].status}';
  return (await kubectl('get', 'nodes', '-o', `jsonpath=${state}`).catch(() => '')) === 'True';
}
