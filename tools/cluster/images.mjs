import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOrFail } from '../bootstrap/process.mjs';
import { installBusybox } from '../builder-image/busybox.mjs';
import { pauseImage } from './components.mjs';

/** An image with busybox: a shell and what one expects of one, 2 MB. */
export const busyboxImage = 'localhost/busybox:1';

/** Without a storage driver of the kernel's, and without root file systems of containers. */
const buildahEnvironment = { ...process.env, STORAGE_DRIVER: 'vfs', BUILDAH_ISOLATION: 'chroot' };

/** Runs buildah. @returns what it printed, trimmed */
export async function buildah(...args) {
  return (await runOrFail('buildah', args, { env: buildahEnvironment })).trim();
}

/**
 * Makes an image of a folder, as an archive that a cluster imports.
 * @param {{name: string, base?: string, root: string, archive: string, settings?: string[]}} given `base`: an archive of
 *   a root file system that the folder is laid over; `settings`: of `buildah config`
 */
export async function makeImage({ name, base, root, archive, settings = [] }) {
  const container = await buildah('from', 'scratch');
  try {
    if (base !== undefined) await buildah('add', '-q', container, base, '/');
    await buildah('copy', '-q', container, root, '/');
    if (settings.length > 0) await buildah('config', ...settings, container);
    rmSync(archive, { force: true });
    await buildah('commit', '-q', container, `docker-archive:${archive}:${name}`);
  } finally {
    await buildah('rm', container);
  }
}

/** Makes the images that every cluster has, once. @returns {Promise<{name: string, archive: string}[]>} */
export async function baseImages({ bin, directory }) {
  const archives = { pause: join(directory, 'pause.tar'), busybox: join(directory, 'busybox.tar') };
  const scratch = mkdtempSync(join(tmpdir(), 'zenml-images-'));
  try {
    if (!existsSync(archives.pause)) {
      const root = join(scratch, 'pause');
      mkdirSync(root);
      copyFileSync(join(bin, 'pause'), join(root, 'pause'));
      await makeImage({
        name: pauseImage,
        root,
        archive: archives.pause,
        settings: ['--entrypoint', '["/pause"]'],
      });
    }
    if (!existsSync(archives.busybox)) {
      const root = await busyboxRoot(join(scratch, 'busybox'));
      await makeImage({ name: busyboxImage, root, archive: archives.busybox, settings: ['--env', 'PATH=/bin'] });
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return [
    { name: pauseImage, archive: archives.pause },
    { name: busyboxImage, archive: archives.busybox },
  ];
}

async function busyboxRoot(root) {
  mkdirSync(join(root, 'tmp'), { recursive: true });
  chmodSync(join(root, 'tmp'), 0o1777);
  await installBusybox(root);
  return root;
}
