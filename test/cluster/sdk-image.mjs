import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../tools/bootstrap/failure.mjs';
import { withLock } from '../../tools/bootstrap/lock.mjs';
import { findProgram, runOrFail } from '../../tools/bootstrap/process.mjs';
import { withProgress } from '../../tools/bootstrap/progress.mjs';
import { findPip } from '../../tools/bootstrap/python.mjs';
import { installSystemPackages } from '../../tools/bootstrap/system-packages.mjs';
import { makeImage } from '../../tools/cluster/images.mjs';
import { ensureClusterPrograms } from '../../tools/cluster/programs.mjs';

/** Debian's release, the Python that it brings, and what ZenML needs of it. */
const debian = {
  suite: 'bookworm',
  python: '3.11',
  packages: ['python3', 'python3-distutils', 'python-is-python3', 'ca-certificates'],
};
const requirements = fileURLToPath(new URL('image-requirements.txt', import.meta.url));

/**
 * An image with Python and ZenML's SDK, as pipelines run in it; made once per list of packages.
 * @returns {Promise<{name: string, archive: string}>}
 */
export async function ensureSdkImage() {
  const { directory } = await ensureClusterPrograms();
  const hash = createHash('sha256').update(readFileSync(requirements)).update(JSON.stringify(debian)).digest('hex');
  const tag = hash.slice(0, 12);
  const image = { name: `localhost/zenml-sdk:${tag}`, archive: join(directory, `zenml-sdk-${tag}.tar`) };
  if (existsSync(image.archive)) return image;
  await ensureDebootstrap();
  await withLock(`${image.archive}.lock`, async () => {
    if (existsSync(image.archive)) return;
    await withProgress('Making an image with ZenML’s SDK (about a minute, once)', () => make(image));
  });
  return image;
}

async function ensureDebootstrap() {
  if (findProgram(['mmdebstrap'])) return;
  const refused = await installSystemPackages({ apt: ['mmdebstrap'] }, 'mmdebstrap, which makes images of Debian');
  if (refused !== undefined) throw new Failure(refused);
}

async function make({ name, archive }) {
  const scratch = mkdtempSync(join(tmpdir(), 'zenml-sdk-image-'));
  try {
    const base = join(scratch, 'debian.tar');
    const include = `--include=${debian.packages.join(',')}`;
    await runOrFail('mmdebstrap', ['--variant=minbase', include, debian.suite, base], { what: 'mmdebstrap' });
    const root = join(scratch, 'root');
    const packages = join(root, 'usr', 'local', 'lib', `python${debian.python}`, 'dist-packages');
    mkdirSync(packages, { recursive: true });
    mkdirSync(join(root, 'app'));
    // Pods run as a user of no name, and the SDK keeps its configuration there.
    chmodSync(join(root, 'app'), 0o777);
    await installPackages(packages);
    const settings = [
      '--env',
      'ZENML_CONFIG_PATH=/app/.zenconfig',
      '--env',
      'PYTHONUNBUFFERED=1',
      '--workingdir',
      '/app',
    ];
    await makeImage({ name, base, root, archive, settings });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** For the image's Python, whichever this machine has. */
async function installPackages(target) {
  const [pip, ...args] = await findPip();
  const python = ['--python-version', debian.python, '--implementation', 'cp', '--only-binary=:all:'];
  const options = [
    'install',
    '--quiet',
    '--no-deps',
    '--no-compile',
    ...python,
    '--target',
    target,
    '-r',
    requirements,
  ];
  await runOrFail(pip, [...args, ...options], { what: 'pip install' });
}
