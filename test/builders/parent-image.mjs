import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachePath } from '../../tools/bootstrap/cache.mjs';
import { runOrFail } from '../../tools/bootstrap/process.mjs';
import { findPip } from '../../tools/bootstrap/python.mjs';
import { writeLayer } from '../../tools/builder-image/image-archive.mjs';

/** Of the image with ZenML's SDK. */
const python = '3.11';
const pip = 'pip==25.3';
/** What the integrations of the tests' stack ask for beyond what the SDK's image has. */
const wheels = ['kubernetes==25.3.0', 'setuptools==80.9.0', 'Jinja2==3.1.6', 'MarkupSafe==3.0.3', 'argparse==1.4.0'];
const forPython = ['--python-version', python, '--implementation', 'cp', '--only-binary=:all:', '--no-deps'];

/**
 * Pushes an image from which runner images can be built without the Internet: the SDK's, with pip and the packages that a
 * runner's Dockerfile installs.
 * @param {string} name of the image, with registry and tag
 * @param {{archive: string}} sdkImage
 */
export async function pushParentImage(name, sdkImage) {
  const { pushImage } = await import('../images/registry.ts');
  const scratch = mkdtempSync(join(tmpdir(), 'zenml-parent-image-'));
  try {
    await runOrFail('tar', ['-C', scratch, '-xf', sdkImage.archive]);
    const [{ Config, Layers }] = JSON.parse(readFileSync(join(scratch, 'manifest.json'), 'utf8'));
    const configuration = JSON.parse(readFileSync(join(scratch, Config), 'utf8'));
    const root = join(scratch, 'added');
    cpSync(await ensureAddition(), root, { recursive: true });
    const { layer } = await writeLayer({ root, scratch, config: {} });
    configuration.rootfs.diff_ids.push(`sha256:${layer}`);
    delete configuration.history;
    const offline = ['PIP_NO_INDEX=1', 'PIP_FIND_LINKS=/wheels', 'PIP_BREAK_SYSTEM_PACKAGES=1'];
    configuration.config.Env = [...(configuration.config.Env ?? []), ...offline];
    const layers = [...Layers, 'layer.tar'].map((file) => readFileSync(join(scratch, file)));
    await pushImage(name, { config: JSON.stringify(configuration), layers });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The folder that is laid over the SDK's image; downloaded once. */
async function ensureAddition() {
  const directory = cachePath(`runner-parent-${wheels.join('-').replaceAll('==', '-')}`);
  if (existsSync(join(directory, 'wheels'))) return directory;
  const unfinished = `${directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const bin = join(unfinished, 'usr', 'local', 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'pip'), '#!/bin/sh\nexec python3 -m pip "$@"\n');
  chmodSync(join(bin, 'pip'), 0o755);
  const [command, ...args] = await findPip();
  const packages = join(unfinished, 'usr', 'local', 'lib', `python${python}`, 'dist-packages');
  await runOrFail(command, [...args, 'install', '-q', '--no-compile', ...forPython, '--target', packages, pip]);
  await runOrFail(command, [...args, 'download', '-q', ...forPython, '-d', join(unfinished, 'wheels'), ...wheels]);
  rmSync(directory, { recursive: true, force: true });
  cpSync(unfinished, directory, { recursive: true });
  rmSync(unfinished, { recursive: true, force: true });
  return directory;
}
