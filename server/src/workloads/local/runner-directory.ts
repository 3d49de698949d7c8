import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Workload, WorkloadStatus } from '../manager.ts';
import { tellingLine } from '../telling-line.ts';

/*
 * What is kept of a local runner, in a directory of its own: `workload.json` says whose it is, `pid` is written by the
 * process itself, `log` is its output and `exit` its exit code. So a server that is started again finds it as it is.
 */

/** Runs the command once, however often it is started: only the first process can make the file `pid`. */
const SCRIPT =
  'cd "$1" || exit 1; set -C; echo $$ 2>/dev/null > pid || exit 0; set +C; shift; "$@"; echo $? > exit.part; mv exit.part exit';

/** Whose a directory is. */
interface Description {
  readonly runId: string;
  readonly launchNumber: number;
}

/** Where the log of a runner is. */
export function logFileOf(root: string, name: string): string {
  return join(root, name, 'log');
}

/** Starts a runner as a process that outlives the server. @param inherited variables that it gets besides its own */
export async function startRunner(
  root: string,
  workload: Workload,
  command: readonly string[],
  inherited: NodeJS.ProcessEnv,
): Promise<void> {
  const directory = join(root, workload.name);
  await mkdir(join(directory, 'config'), { recursive: true, mode: 0o700 });
  const description: Description = { runId: workload.runId, launchNumber: workload.launchNumber };
  const part = join(directory, `workload.${randomUUID()}.part`);
  await writeFile(part, JSON.stringify(description));
  await rename(part, join(directory, 'workload.json'));
  const log = await open(join(directory, 'log'), 'a', 0o600);
  try {
    const child = spawn('/bin/sh', ['-c', SCRIPT, workload.name, directory, ...command], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: {
        ...inherited,
        // A configuration of its own: what somebody has logged in to on this machine stays theirs.
        ZENML_CONFIG_PATH: join(directory, 'config'),
        // Nobody looks at the log in a terminal.
        ZENML_LOGGING_COLORS_DISABLED: 'true',
        ...workload.environment,
        ...workload.secretEnvironment,
      },
    });
    await once(child, 'spawn');
    child.unref();
  } finally {
    await log.close();
  }
}

/** What the files of a runner say; `absent` where there are none. */
export async function readRunnerStatus(root: string, name: string): Promise<WorkloadStatus> {
  const directory = join(root, name);
  const description = await readText(join(directory, 'workload.json'));
  if (description === undefined) return absent(name);
  const { runId, launchNumber } = JSON.parse(description) as Description;
  const base = { name, runId, launchNumber };
  // The process makes the file first, and then writes into it.
  const pid = (await readText(join(directory, 'pid')))?.trim() || undefined;
  if (pid === undefined)
    return { ...base, phase: 'pending', reason: undefined, since: await changed(directory, 'workload.json') };
  const running = await isAlive(Number(pid), name);
  // Looked for last: it may have ended while the process was looked for.
  const exit = await readText(join(directory, 'exit'));
  if (exit === undefined) {
    const since = await changed(directory, 'pid');
    // Deleted while it was looked at.
    if (since === undefined) return absent(name);
    return running
      ? { ...base, phase: 'running', reason: undefined, since }
      : { ...base, phase: 'failed', reason: VANISHED, since };
  }
  const since = await changed(directory, 'exit');
  if (exit.trim() === '0') return { ...base, phase: 'succeeded', reason: undefined, since };
  return { ...base, phase: 'failed', reason: await explain(directory, Number(exit)), since };
}

function absent(name: string): WorkloadStatus {
  return { name, runId: '', launchNumber: 0, phase: 'absent', reason: undefined, since: undefined };
}

const VANISHED = 'its process is gone without an exit code: it was killed, or this machine was restarted';

/** The names of all runners that there are files of. */
export async function listRunners(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(ignoreMissing);
  return (entries ?? []).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** Ends a runner, and what it has started, and deletes its files. */
export async function removeRunner(root: string, name: string): Promise<void> {
  const directory = join(root, name);
  const pid = Number(await readText(join(directory, 'pid')));
  // A group of its own: what it has started is in it.
  if (pid > 0 && (await isAlive(pid, name))) signalGroup(pid);
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

function signalGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!isCode(error, 'ESRCH')) throw error;
  }
}

/** Whether the process is there, and is no later one that got the same number. */
async function isAlive(pid: number, name: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)]);
    return stdout.includes(name);
  } catch (error) {
    // That is how `ps` says that there is none.
    if (isCode(error, 1)) return false;
    throw error;
  }
}

async function explain(directory: string, code: number): Promise<string> {
  const last = tellingLine(await lastLines(join(directory, 'log')));
  const killed = code > 128 ? ` (signal ${code - 128})` : '';
  return `the runner ended with exit code ${code}${killed}${last === undefined ? '' : `: ${last}`}`;
}

/** Colours, which the SDK prints also where no terminal is. */
const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
const TAIL_BYTES = 16_384;
const LONGEST_LINE = 300;

/** How many lines are told of a log. */
const LINES = 20;

/** The last lines of a runner's log. @returns none where there is no log */
export async function readLastLines(root: string, name: string): Promise<readonly string[]> {
  const lines = await lastLines(logFileOf(root, name)).catch(ignoreMissing);
  return lines?.slice(-LINES) ?? [];
}

async function lastLines(file: string): Promise<string[]> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.alloc(TAIL_BYTES),
      position: Math.max(0, size - TAIL_BYTES),
    });
    const lines = buffer.toString('utf8', 0, bytesRead).replace(COLOURS, '').split('\n');
    return lines.filter((line) => line.trim() !== '').map((line) => line.slice(0, LONGEST_LINE));
  } finally {
    await handle.close();
  }
}

async function changed(directory: string, file: string): Promise<Date | undefined> {
  return (await stat(join(directory, file)).catch(ignoreMissing))?.mtime;
}

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(ignoreMissing);
}

function ignoreMissing(error: unknown): undefined {
  if (isCode(error, 'ENOENT')) return undefined;
  throw error;
}

function isCode(error: unknown, code: string | number): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
