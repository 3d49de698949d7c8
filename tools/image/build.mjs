import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cachePath } from '../bootstrap/cache.mjs';
import { ensureDashboard } from '../bootstrap/dashboard.mjs';
import { Failure } from '../bootstrap/failure.mjs';
import { withLock } from '../bootstrap/lock.mjs';
import { findProgram } from '../bootstrap/process.mjs';
import { withProgress } from '../bootstrap/progress.mjs';
import { installSystemPackages } from '../bootstrap/system-packages.mjs';
import { buildah } from '../cluster/images.mjs';
import { baseImages, ensureBaseImages } from './base-images.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** What the image is made of, as .dockerignore says. */
const CONTEXT = ['Dockerfile', '.dockerignore', 'package.json', 'package-lock.json', 'LICENSE', 'NOTICE', 'server'];
const MANIFESTS = ['charts-ts/package.json', 'infra/package.json'];

/**
 * Builds the server's image with buildah and without a registry, once for each state of the sources. Needs root, Debian.
 * @param {{dashboard?: boolean}} [options] `dashboard`: with the open-source dashboard in it
 * @returns {Promise<{name: string, archive: string}>} an archive as `docker load` and `ctr images import` take it
 */
export async function ensureServerImage({ dashboard = false } = {}) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Failure('building an image needs root on Linux');
  await ensurePrograms();
  const directory = cachePath('server-image');
  mkdirSync(directory, { recursive: true });
  const tag = `${version}-${hashOf([...CONTEXT, ...MANIFESTS]).slice(0, 12)}${dashboard ? '-dashboard' : ''}`;
  const image = { name: `localhost/zenml-workspace-server:${tag}`, archive: join(directory, `${tag}.tar`) };
  await withLock(join(directory, 'build.lock'), async () => {
    if (existsSync(image.archive)) return;
    await withProgress('Making the bases of the image', () => ensureBaseImages());
    await withProgress('Building the image', () => build(image, dashboard));
    // One is enough: each is as large as the image.
    for (const file of readdirSync(directory)) {
      if (/^\d.*\.tar$/.test(file) && join(directory, file) !== image.archive) rmSync(join(directory, file));
    }
  });
  return image;
}

async function ensurePrograms() {
  const wanted = { buildah: 'buildah', mmdebstrap: 'mmdebstrap' };
  const apt = Object.keys(wanted).filter((program) => !findProgram([program]));
  if (apt.length === 0) return;
  const refused = await installSystemPackages({ apt }, 'what an image is made with');
  if (refused !== undefined) throw new Failure(refused);
}

async function build({ name, archive }, dashboard) {
  const context = mkdtempSync(join(tmpdir(), 'zenml-image-'));
  try {
    for (const path of [...CONTEXT, ...MANIFESTS]) {
      mkdirSync(dirname(join(context, path)), { recursive: true });
      cpSync(join(root, path), join(context, path), {
        recursive: true,
        filter: (from) => !from.includes('node_modules'),
      });
    }
    if (dashboard) cpSync(await ensureDashboard(), join(context, 'dashboard'), { recursive: true });
    await buildah(
      'build',
      '--quiet',
      '--format=docker',
      `--build-arg=BUILD_IMAGE=${baseImages.build}`,
      `--build-arg=RUNTIME_IMAGE=${baseImages.runtime}`,
      `--build-arg=VERSION=${version}`,
      ...networkOptions(),
      `--tag=${name}`,
      context,
    );
    rmSync(archive, { force: true });
    await buildah('push', '-q', name, `docker-archive:${archive}:${name}`);
    await buildah('rmi', name);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** npm in the build reaches the network as npm does here. */
function networkOptions() {
  const configuration = join(process.env.HOME ?? '/root', '.npmrc');
  return ['--network=host', ...(existsSync(configuration) ? [`--volume=${configuration}:/root/.npmrc:ro`] : [])];
}

/** @param {string[]} paths files and folders of the repository */
function hashOf(paths) {
  const hash = createHash('sha256')
    .update(process.versions.node)
    .update(readFileSync(new URL('base-images.mjs', import.meta.url)));
  const add = (path) => {
    const entries = readdirSync(join(root, dirname(path)), { withFileTypes: true });
    const entry = entries.find(({ name }) => join(dirname(path), name) === path);
    if (!entry?.isDirectory()) {
      hash.update(path).update(readFileSync(join(root, path)));
      return;
    }
    for (const name of readdirSync(join(root, path)).sort()) if (name !== 'node_modules') add(join(path, name));
  };
  for (const path of paths) add(path);
  return hash.digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { dashboard: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log(
      'npm run image [-- --dashboard]\n\nBuilds the image with buildah, without a registry of images, and prints where its archive is.',
    );
  } else {
    const { name, archive } = await ensureServerImage(values);
    console.log(`${name}\n${archive}`);
  }
}
