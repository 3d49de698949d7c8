import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runOrFail } from '../bootstrap/process.mjs';
import { buildah } from '../cluster/images.mjs';

/*
 * What the Dockerfile calls BUILD_IMAGE and RUNTIME_IMAGE, made of Debian's packages, the running Node and npm's package:
 * the server's image is built here without a registry of images.
 */

const SUITE = 'bookworm';
const NPM = '11';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/** Another recipe is another image. */
const RECIPE = 3;
export const baseImages = {
  build: `localhost/server-build-base:${SUITE}-${process.versions.node}-${RECIPE}`,
  runtime: `localhost/server-runtime-base:${SUITE}-${RECIPE}`,
};

/** Makes both where buildah does not have them. */
export async function ensureBaseImages() {
  const known = (await buildah('images', '--format', '{{.Name}}:{{.Tag}}')).split('\n');
  if (known.includes(baseImages.build) && known.includes(baseImages.runtime)) return;
  const scratch = mkdtempSync(join(tmpdir(), 'zenml-base-'));
  try {
    const [runtime, tools] = [join(scratch, 'runtime.tar'), join(scratch, 'tools.tar')];
    // No shell and no package manager: only the libraries that Node is linked against.
    await debianTree(runtime, 'extract', 'libstdc++6');
    await makeBase(baseImages.runtime, [runtime]);
    await debianTree(tools, 'minbase', 'binutils');
    await makeBase(
      baseImages.build,
      [tools, await nodeRoot(join(scratch, 'node'))],
      [`NODE_EXTRA_CA_CERTS=${CERTIFICATES}`],
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function debianTree(archive, variant, packages) {
  return runOrFail('mmdebstrap', [`--variant=${variant}`, `--include=${packages}`, SUITE, archive], {
    what: 'mmdebstrap',
  });
}

/** Node's program and npm, where Node's own images have them. */
async function nodeRoot(root) {
  const local = join(root, 'usr', 'local');
  mkdirSync(join(local, 'bin'), { recursive: true });
  cpSync(process.execPath, join(local, 'bin', 'node'));
  const npm = join(dirname(process.execPath), 'npm');
  const install = ['install', '--global', `--prefix=${local}`, '--no-audit', '--no-fund', `npm@${NPM}`];
  await runOrFail(existsSync(npm) ? npm : 'npm', install, { what: 'installing npm' });
  if (!existsSync(join(local, 'bin', 'npm')))
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin', 'npm'));
  // npm in the build trusts whom this machine trusts; nothing of this is in the server's image.
  if (existsSync(CERTIFICATES)) {
    mkdirSync(join(root, dirname(CERTIFICATES)), { recursive: true });
    copyFileSync(CERTIFICATES, join(root, CERTIFICATES));
  }
  return root;
}

async function makeBase(name, layers, environment = []) {
  const container = await buildah('from', 'scratch');
  try {
    for (const layer of layers) await buildah('add', '-q', container, layer, '/');
    const variables = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...environment];
    await buildah('config', ...variables.flatMap((variable) => ['--env', variable]), container);
    await buildah('commit', '-q', container, name);
  } finally {
    await buildah('rm', container);
  }
}
