import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runOrFail } from '../bootstrap/process.mjs';
import { need } from './programs.mjs';

/** Puts a static shell with its commands into the root of an image. */
export async function installBusybox(root) {
  const busybox = need('busybox');
  mkdirSync(join(root, 'bin'), { recursive: true });
  copyFileSync(busybox, join(root, 'bin', 'busybox'));
  chmodSync(join(root, 'bin', 'busybox'), 0o755);
  for (const name of (await runOrFail(busybox, ['--list'])).trim().split('\n')) {
    if (name !== 'busybox') symlinkSync('busybox', join(root, 'bin', name));
  }
}
