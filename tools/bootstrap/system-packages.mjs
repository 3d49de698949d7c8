import { existsSync, readdirSync } from 'node:fs';
import { cachePath } from './cache.mjs';
import { Failure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { capture, findProgram } from './process.mjs';
import { withProgress } from './progress.mjs';

/**
 * @typedef {{apt?: string[], dnf?: string[], brew?: string[]}} SystemPackages the packages' names by package manager
 */

/**
 * Installs packages of the operating system, where that needs no password.
 * @param {SystemPackages} packages
 * @param {string} what for the progress line
 * @returns {Promise<string | undefined>} undefined once installed; else why not and the command for a person to run
 */
export async function installSystemPackages(packages, what) {
  const manager = ['apt-get', 'dnf', 'brew'].find((name) => packages[keyOf(name)] && findProgram([name]));
  if (manager === undefined) return `none of apt, dnf and brew is here to install ${what}`;
  const names = packages[keyOf(manager)];
  const prefix = manager === 'brew' ? [] : await privilege();
  const command = manager === 'brew' ? ['brew', 'install', ...names] : [manager, 'install', '-y', ...names];
  if (prefix === undefined)
    return `installing ${what} needs root: ${findProgram(['sudo']) ? 'sudo ' : ''}${command.join(' ')}`;
  const work = () => withProgress(`Installing ${what} (${command.join(' ')})`, () => install(manager, names, prefix));
  try {
    // One at a time: apt's lock on its package lists fails at once where another holds it.
    await withLock(cachePath('system-packages.lock'), work);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

function keyOf(manager) {
  return manager === 'apt-get' ? 'apt' : manager;
}

/** What to put before a command that needs root: nothing as root, sudo where it asks no password, else undefined. */
async function privilege() {
  if (process.getuid?.() === 0) return [];
  const sudo = findProgram(['sudo']);
  if (sudo === undefined) return undefined;
  const { code } = await capture(sudo, ['-n', 'true']);
  return code === 0 ? [sudo, '-n'] : undefined;
}

/** @throws {Failure} with the end of what the package manager says */
async function install(manager, names, prefix) {
  const env = { ...process.env, HOMEBREW_NO_AUTO_UPDATE: '1' };
  const run = async (...args) => {
    const [command, ...rest] = [...prefix, ...args];
    const { code, output } = await capture(command, rest, { env });
    if (code !== 0) throw new Failure(`${args.join(' ')} failed: ${output.trim().split('\n').slice(-3).join(' ')}`);
  };
  if (manager === 'brew') return run('brew', 'install', ...names);
  if (manager === 'dnf') return run('dnf', 'install', '-y', '--setopt=install_weak_deps=False', ...names);
  const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-o', 'DPkg::Lock::Timeout=300'];
  const installNames = () => run(...apt, 'install', '-y', '-q', '--no-install-recommends', ...names);
  // Package lists may be missing (containers) or old (a version that the mirror no longer has).
  if (hasPackageLists() && (await succeeds(installNames))) return;
  // One list that fails may be of a source that matters to nobody; what does is whether the packages are found.
  await succeeds(() => run(...apt, 'update', '-q'));
  await installNames();
}

async function succeeds(work) {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

function hasPackageLists() {
  const lists = '/var/lib/apt/lists';
  return existsSync(lists) && readdirSync(lists).some((name) => name.endsWith('_Packages') || name.endsWith('.lz4'));
}
