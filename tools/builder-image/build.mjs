import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachePath } from '../bootstrap/cache.mjs';
import { Failure } from '../bootstrap/failure.mjs';
import { withLock } from '../bootstrap/lock.mjs';
import { capture, runOrFail } from '../bootstrap/process.mjs';
import { withProgress } from '../bootstrap/progress.mjs';
import { installSystemPackages } from '../bootstrap/system-packages.mjs';
import { installBusybox } from './busybox.mjs';
import { writeImageArchive } from './image-archive.mjs';
import { find, need } from './programs.mjs';

/*
 * The image of builder Jobs for tests: what `moby/buildkit:rootless` has, made of Go modules and Debian's packages, because
 * a test does not depend on a public registry. About two minutes, once.
 */

/** BuildKit's release; go.mod beside this file has the same. */
export const buildkitVersion = 'v0.34.2';

/** What BuildKit's module asks for. */
const oldestGo = '1.26.8';

/** What changes the image without changing BuildKit. */
const RECIPE = 1;

/** The name under which a cluster knows the image. */
export const builderImageName = `localhost/buildkit:${buildkitVersion}-rootless-${RECIPE}`;

const module = fileURLToPath(new URL('./buildkit', import.meta.url));
const packages = [
  'github.com/moby/buildkit/cmd/buildctl',
  'github.com/moby/buildkit/cmd/buildkitd',
  'github.com/rootless-containers/rootlesskit/v2/cmd/rootlesskit',
];
/** User and group of BuildKit. */
const user = 1000;

/**
 * Builds the image where it is not there yet. Needs root (file capabilities), Debian and Go.
 * @returns {Promise<{archive: string, image: string}>} a `docker-archive`, to be imported into containerd
 */
export async function ensureBuilderImage() {
  const directory = cachePath('buildkit', buildkitVersion);
  const archive = join(directory, `image-${RECIPE}.tar`);
  mkdirSync(directory, { recursive: true });
  await withLock(cachePath('buildkit.lock'), async () => {
    if (existsSync(archive)) return;
    if (process.platform !== 'linux' || process.getuid?.() !== 0)
      throw new Failure('a builder image needs root on Linux');
    await installPrograms();
    await withProgress(`Building BuildKit ${buildkitVersion}`, () => compile(directory));
    await withProgress('Putting the builder image together', () => assemble(directory, archive));
  });
  return { archive, image: builderImageName };
}

async function installPrograms() {
  const wanted = { newuidmap: 'uidmap', runc: 'runc', setcap: 'libcap2-bin', busybox: 'busybox-static' };
  const apt = Object.entries(wanted).flatMap(([program, name]) => (find(program) === undefined ? [name] : []));
  const refused = apt.length > 0 ? await installSystemPackages({ apt }, 'what a builder image is made of') : undefined;
  if (refused !== undefined) throw new Failure(refused);
}

async function compile(directory) {
  const bin = join(directory, 'bin');
  if (existsSync(join(bin, 'done'))) return;
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' };
  // go.sum holds the checksums, and Go's database of them is not reachable from everywhere; an older Go needs it to
  // fetch the one that BuildKit asks for.
  if (await isNewEnough(need('go'))) env.GOSUMDB = 'off';
  const build = ['build', '-trimpath', '-ldflags', '-s -w', '-o', `${bin}/`, ...packages];
  await runOrFail(need('go'), build, { cwd: module, env, what: 'building BuildKit' });
  const { output } = await capture(need('go'), ['list', '-m', '-f', '{{.Dir}}', 'github.com/moby/buildkit'], {
    cwd: module,
    env,
  });
  const script = join(output.trim(), 'examples', 'buildctl-daemonless', 'buildctl-daemonless.sh');
  copyFileSync(script, join(bin, 'buildctl-daemonless.sh'));
  writeFileSync(join(bin, 'done'), '');
}

async function isNewEnough(go) {
  const [, major, minor, patch = '0'] =
    (await runOrFail(go, ['env', 'GOVERSION'])).match(/go(\d+)\.(\d+)(?:\.(\d+))?/) ?? [];
  const wanted = oldestGo.split('.').map(Number);
  const found = [major, minor, patch].map(Number);
  const different = wanted.findIndex((number, index) => number !== found[index]);
  return different === -1 || found[different] > wanted[different];
}

async function assemble(directory, archive) {
  const scratch = mkdtempSync(join(directory, 'scratch-'));
  try {
    const root = join(scratch, 'root');
    await fillRoot(root, join(directory, 'bin'));
    const made = join(scratch, 'image.tar');
    await writeImageArchive({ root, scratch, name: builderImageName, archive: made, config: imageConfig });
    renameSync(made, archive);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const imageConfig = {
  User: `${user}:${user}`,
  Env: [
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    'HOME=/home/user',
    'USER=user',
    `XDG_RUNTIME_DIR=/run/user/${user}`,
    'TMPDIR=/home/user/.local/tmp',
    `BUILDKIT_HOST=unix:///run/user/${user}/buildkit/buildkitd.sock`,
  ],
  Entrypoint: ['rootlesskit', 'buildkitd'],
};

async function fillRoot(root, bin) {
  const owned = [
    `run/user/${user}`,
    'home/user',
    'home/user/.local',
    'home/user/.local/tmp',
    'home/user/.local/share',
    'home/user/.local/share/buildkit',
  ];
  for (const name of ['bin', 'usr/bin', 'etc/ssl/certs', 'tmp', 'proc', 'sys', 'dev', ...owned]) {
    mkdirSync(join(root, name), { recursive: true });
  }
  chmodSync(join(root, 'tmp'), 0o1777);
  for (const name of owned) chownSync(join(root, name), user, user);
  for (const name of ['buildctl', 'buildkitd', 'rootlesskit', 'buildctl-daemonless.sh'])
    install(root, join(bin, name), 0o755);
  for (const name of ['runc', 'newuidmap', 'newgidmap']) await installWithLibraries(root, need(name));
  // Debian's setuid bit does not let them write the maps of a pod's user namespace; capabilities of the file do.
  await runOrFail(need('setcap'), ['cap_setuid+ep', join(root, 'usr/bin/newuidmap')]);
  await runOrFail(need('setcap'), ['cap_setgid+ep', join(root, 'usr/bin/newgidmap')]);
  await installBusybox(root);
  writeFileSync(join(root, 'etc/passwd'), `root:x:0:0::/root:/bin/sh\nuser:x:${user}:${user}::/home/user:/bin/sh\n`);
  writeFileSync(join(root, 'etc/group'), `root:x:0:\nuser:x:${user}:\n`);
  for (const name of ['etc/subuid', 'etc/subgid']) writeFileSync(join(root, name), 'user:100000:65536\n');
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  if (existsSync(certificates)) copyFileSync(certificates, join(root, certificates));
}

function install(root, file, mode) {
  const target = join(root, 'usr/bin', file.slice(file.lastIndexOf('/') + 1));
  copyFileSync(file, target);
  chmodSync(target, mode);
}

/** A program with the shared libraries that `ldd` names, each where it lies here. */
async function installWithLibraries(root, program) {
  install(root, program, 0o755);
  const { output } = await capture('ldd', [program]);
  for (const [, library] of output.matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(join(root, library, '..'), { recursive: true });
    copyFileSync(library, join(root, library));
    chmodSync(join(root, library), 0o755);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log((await ensureBuilderImage()).archive);
