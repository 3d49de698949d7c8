import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants as osConstants } from 'node:os';
import { delimiter, join } from 'node:path';
import { Failure } from './failure.mjs';

/** The first of these programs that is on PATH or in one of the other directories, as a full path. */
export function findProgram(names, otherDirectories = []) {
  const directories = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...otherDirectories];
  for (const name of names) {
    for (const directory of directories) {
      const path = join(directory, name);
      if (isExecutable(path)) return path;
    }
  }
  return undefined;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Whether a process of this id runs, also one of another user. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The last lines of a log, for an error message. */
export function tail(path, lines = 25) {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

/**
 * Runs a program to its end.
 * @returns {Promise<{code: number, output: string}>} its exit code (128 + signal where it was killed) and what it printed
 */
export function capture(command, args, { cwd, env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code: exitCode(code, signal), output: Buffer.concat(chunks).toString('utf8') }),
    );
  });
}

/** Runs a program that must succeed; a failure carries the end of what it printed. */
export async function runOrFail(command, args, options = {}) {
  const { code, output } = await capture(command, args, options);
  if (code !== 0) {
    const end = output.trimEnd().split('\n').slice(-15).join('\n');
    throw new Failure(`${options.what ?? [command, ...args].join(' ')} failed with exit code ${code}:\n${end}`);
  }
  return output;
}

/** An exit code for a process that a signal ended, as shells give it: 128 + the signal's number. */
export function exitCode(code, signal) {
  return code ?? 128 + (osConstants.signals[signal] ?? 0);
}

/**
 * A program that runs beside us. It has a process group of its own, so that Ctrl-C in a terminal reaches only us and we
 * stop our programs in order; and it does not outlive us, however we end.
 */
export class Companion {
  #child;
  #watchdog;

  /**
   * @param {string} name for messages
   * @param {{log: string, cwd?: string, env?: NodeJS.ProcessEnv, echoErrors?: boolean, disposable?: string}} options
   *   `log` takes what it prints (appended); `echoErrors` shows its standard error on ours too; `disposable` is a folder
   *   to remove where we end before it
   */
  constructor(name, command, args, { log, cwd, env = process.env, echoErrors = false, disposable }) {
    this.name = name;
    this.log = log;
    const file = openSync(log, 'a', 0o600);
    this.#child = spawn(command, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', file, echoErrors ? 'pipe' : file],
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', (code, signal) => resolve(exitCode(code, signal)));
    });
    this.exited.catch(() => {});
    if (echoErrors) {
      this.#child.stderr.on('data', (chunk) => {
        process.stderr.write(chunk);
        writeSync(file, chunk);
      });
      this.#child.stderr.once('close', () => closeSync(file));
    } else {
      closeSync(file);
    }
    if (this.pid !== undefined) this.#watchdog = endWithUs(this.pid, disposable);
    this.exited.finally(() => this.#watchdog?.kill('SIGKILL')).catch(() => {});
  }

  get pid() {
    return this.#child.pid;
  }

  get running() {
    return this.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Asks it to stop, kills it after the grace time, and returns its exit code. */
  async stop(graceMilliseconds = 30_000) {
    this.#signal('SIGTERM');
    const timer = setTimeout(() => this.#signal('SIGKILL'), graceMilliseconds);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Signals its whole process group: what it started ends with it. */
  #signal(name) {
    if (this.running) process.kill(-this.pid, name);
  }
}

/**
 * A shell that waits on a pipe from us: the pipe closes when we end, for whatever reason, and the shell then ends the
 * process group of `pid`, waits for it a while, and removes its directory where one is given.
 */
function endWithUs(pid, directory = '') {
  const script = `read -r _; kill -s TERM -- "-$1"; [ -n "$2" ] || exit
    for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$1" 2>/dev/null || break; sleep 1; done; rm -rf -- "$2"`;
  const watchdog = spawn('/bin/sh', ['-c', script, 'sh', String(pid), directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.on('error', () => {});
  watchdog.unref();
  watchdog.stdin.unref?.();
  return watchdog;
}

/** A TCP port of the loopback address that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Why one cannot listen there (`EADDRINUSE`, `EACCES`, …), or undefined where one can. */
export function listenError(host, port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.code));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
