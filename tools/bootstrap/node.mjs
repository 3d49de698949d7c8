import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { cachePath } from './cache.mjs';
import { Failure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { exitCode, findProgram, runOrFail } from './process.mjs';
import { withProgress } from './progress.mjs';

/** The oldest Node that runs the server's TypeScript and its dependencies. */
export const oldestNode = [22, 19];
const installedMajor = 24;

/** Whether a version such as `20.20.2` is at least the oldest one that serves. Node 23 took to TypeScript in 23.6. */
export function nodeServes(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major === 23) return minor >= 6;
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

/** The npm package that holds Node's binary for a platform and needs no install script. */
export function nodePackage(platform, arch) {
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
}

/**
 * Where the running Node is too old, installs a newer one through npm (once), runs the same command with it and exits
 * as that does. Otherwise does nothing.
 * @param {string} script the program that was started
 */
export async function ensureNode(script, args = process.argv.slice(2)) {
  if (nodeServes(process.versions.node)) return;
  const binary = await installNode(
    installedMajor,
    `Node ${process.versions.node} is too old (${oldestNode.join('.')} or newer is needed)`,
  );
  const env = { ...process.env, PATH: `${dirname(binary)}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(binary, [script, ...args], { stdio: 'inherit', env });
  // A terminal's Ctrl-C reaches the child by itself; a signal sent to this process alone must be handed on. The child
  // takes a second one of the same kind for the first.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.exit(
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(exitCode(code, signal)));
    }),
  );
}

/**
 * Installs a Node through npm unless the cache has it; returns the path of its binary.
 * @param {number} major e.g. 24
 * @param {string} reason for the message
 */
export async function installNode(major, reason) {
  const name = nodePackage(process.platform, process.arch);
  const prefix = cachePath(`node-${major}`);
  const binary = join(prefix, 'node_modules', name, 'bin', 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(prefix, { recursive: true });
  await withLock(`${prefix}.lock`, async () => {
    if (existsSync(binary)) return;
    await withProgress(`${reason}: installing ${name}@${major}`, async () => {
      writeFileSync(join(prefix, 'package.json'), '{"private":true}\n');
      await npm(['install', '--no-audit', '--no-fund', '--prefix', prefix, `${name}@${major}`], {
        what: `npm install ${name}@${major}`,
      });
    });
  });
  if (!existsSync(binary)) throw new Failure(`${name} holds no Node at ${binary}; install Node ${major} yourself.`);
  return binary;
}

/** The Nodes that all of it must run on, as `ensureNode` would install them. @returns the paths of their binaries */
export async function ensureNodes() {
  const binaries = [];
  for (const major of [22, 24]) binaries.push(await installNode(major, 'The tests run on Node 22 and 24'));
  return binaries;
}

/** Runs the npm that started us, or else the one on PATH. */
export async function npm(args, options = {}) {
  const own = process.env.npm_execpath;
  if (own?.endsWith('.js') && existsSync(own)) return runOrFail(process.execPath, [own, ...args], options);
  const program = findProgram(['npm']);
  if (program === undefined) throw new Failure('npm is not on PATH; install it with Node.');
  return runOrFail(program, args, options);
}
