import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachePath } from '../bootstrap/cache.mjs';
import { Failure } from '../bootstrap/failure.mjs';
import { withLock } from '../bootstrap/lock.mjs';
import { findProgram, runOrFail } from '../bootstrap/process.mjs';
import { withProgress } from '../bootstrap/progress.mjs';
import { installSystemPackages } from '../bootstrap/system-packages.mjs';

const version = 'v1.32.4';
const source = fileURLToPath(new URL('go', import.meta.url));

const built = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl'];
/** By the program that is looked for: the Debian package that brings it. */
const packaged = {
  etcd: 'etcd-server',
  containerd: 'containerd',
  runc: 'runc',
  iptables: 'iptables',
  ip: 'iproute2',
  openssl: 'openssl',
  buildah: 'buildah',
  busybox: 'busybox-static',
};
const networkPlugins = '/usr/lib/cni';

/**
 * @typedef {object} ClusterPrograms
 * @property {string} bin the folder of Kubernetes' own programs and `pause`
 * @property {string} directory where images are kept between runs
 * @property {string} networkPlugins the folder of the CNI plugins
 */

/**
 * What a cluster is made of: Debian's packages, and Kubernetes built from its Go modules, once.
 * @returns {Promise<ClusterPrograms>}
 * @throws {Failure} that says why this machine can have none
 */
export async function ensureClusterPrograms() {
  if (platform() !== 'linux') throw new Failure('a cluster needs Linux: a kubelet runs nowhere else');
  if (process.getuid() !== 0) throw new Failure('a cluster needs root: containers are started and networks are made');
  await ensurePackages();
  const directory = cachePath('cluster', version);
  const bin = join(directory, 'bin');
  mkdirSync(directory, { recursive: true });
  await withLock(join(directory, 'build.lock'), () => buildPrograms(bin));
  return { bin, directory, networkPlugins };
}

async function ensurePackages() {
  const names = Object.entries(packaged).flatMap(([program, name]) =>
    findProgram([program], ['/usr/sbin', '/sbin']) ? [] : [name],
  );
  if (!existsSync(join(networkPlugins, 'bridge'))) names.push('containernetworking-plugins');
  if (names.length === 0) return;
  const refused = await installSystemPackages({ apt: names }, 'what a Kubernetes node needs');
  if (refused !== undefined) throw new Failure(refused);
}

async function buildPrograms(bin) {
  if ([...built, 'pause'].every((name) => existsSync(join(bin, name)))) return;
  const go = findProgram(['go'], ['/usr/local/go/bin', '/usr/lib/go/bin']);
  if (go === undefined)
    throw new Failure('a cluster needs Go 1.23 or newer, which builds Kubernetes: https://go.dev/dl');
  const unfinished = `${bin}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  const [major, minor] = version.slice(1).split('.');
  const stamp = ['gitVersion', 'gitMajor', 'gitMinor'].map(
    (name, index) => `-X k8s.io/component-base/version.${name}=${[version, major, minor][index]}`,
  );
  // go.sum pins what is built; the public checksum database is not reachable from every network.
  const env = { ...process.env, CGO_ENABLED: '0', GOSUMDB: 'off', GOFLAGS: '-mod=mod' };
  const options = { cwd: source, env, what: 'building Kubernetes' };
  const build = (flags, ...packages) =>
    runOrFail(go, ['build', '-trimpath', '-ldflags', `-s -w ${flags}`, '-o', `${unfinished}/`, ...packages], options);
  await withProgress(`Building Kubernetes ${version} (about 5 minutes on 2 cores, once)`, async () => {
    await build(stamp.join(' '), ...built.map((name) => `k8s.io/kubernetes/cmd/${name}`));
    await build('', './pause');
  });
  rmSync(bin, { recursive: true, force: true });
  renameSync(unfinished, bin);
}
