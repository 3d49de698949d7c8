import { readdirSync, readFileSync } from 'node:fs';
import { capture } from '../bootstrap/process.mjs';

/** Kills every container of a containerd, by the shims that serve its socket: they outlive it. */
export async function endPods(socket) {
  const shims = processes().filter(
    ({ command }) => command[0]?.includes('containerd-shim') && command.includes(socket),
  );
  const pids = new Set(shims.map(({ pid }) => pid));
  for (const { pid, parent } of processes()) if (pids.has(parent)) kill(pid);
  for (const pid of pids) kill(pid);
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Every process: its id, its parent's and its command line. */
function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return [{ pid: Number(name), parent: Number(parent), command }];
      } catch {
        return [];
      }
    });
}

/** Unmounts everything below a folder, the deepest first. */
export async function unmountBelow(folder) {
  const points = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.sort().reverse()) await capture('umount', ['-l', point]);
}
