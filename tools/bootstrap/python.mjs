import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath } from './cache.mjs';
import { Failure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { capture, findProgram, runOrFail } from './process.mjs';
import { withProgress } from './progress.mjs';
import { installSystemPackages } from './system-packages.mjs';

/** The Pythons that have all the pinned packages; the one that the suites were tried with first. */
const served = ['3.11', '3.12', '3.13'];

/** A command that runs pip, as a list. Any Python 3 serves. */
export async function findPip() {
  const python = findProgram(['python3', ...served.map((version) => `python${version}`)]);
  if (python === undefined) throw new Failure('there is no Python 3 on PATH');
  const pip = [python, '-m', 'pip'];
  const works = async () => (await capture(python, ['-m', 'pip', '--version'])).code === 0;
  if (await works()) return pip;
  const refused = await installSystemPackages({ apt: ['python3-pip'], dnf: ['python3-pip'] }, 'pip for Python');
  if (refused === undefined && (await works())) return pip;
  throw new Failure(`${python} has no pip; ${refused ?? 'the installed package brings none'}`);
}

/** What installs one of them; on Debian 12 and later and Ubuntu 24.04 `python3` is one. */
const packages = { apt: ['python3', 'python3-venv'], dnf: ['python3.12'], brew: ['python@3.12'] };

/** The first Python that serves, installed where there is none. */
async function ensureServedPython() {
  const here = await findServedPython();
  if (here !== undefined) return here;
  const refused = await installSystemPackages(packages, 'Python');
  const installed = refused === undefined ? await findServedPython() : undefined;
  if (installed !== undefined) return installed;
  throw new Failure(
    `Python ${served.join(', ')} is needed, and none of them is on PATH; ${refused ?? 'the installed package brings another'}`,
  );
}

async function findServedPython() {
  for (const version of served) {
    const python = findProgram([`python${version}`]);
    // A version manager's shim may be on PATH for versions that are not active.
    if (python !== undefined && (await pythonVersion(python)) === version) return { python, version };
  }
  const python = findProgram(['python3']);
  const version = python && (await pythonVersion(python));
  return served.includes(version) ? { python, version } : undefined;
}

async function pythonVersion(python) {
  const { code, output } = await capture(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  return code === 0 ? output.trim() : undefined;
}

/**
 * A virtual environment with the packages of a requirements file, made once per file content and Python version.
 * @param {string} name what it is for, part of the folder's name
 * @param {string} requirements path of a file in which every version is pinned
 * @returns {Promise<{python: string, bin: string}>} its interpreter and its folder of programs
 */
export async function ensureVirtualEnvironment(name, requirements) {
  const { python, version } = await ensureServedPython();
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const directory = cachePath(`${name}-python${version}-${hash}`);
  const complete = join(directory, 'complete');
  if (!existsSync(complete)) {
    await withLock(`${directory}.lock`, async () => {
      if (existsSync(complete)) return;
      await withProgress(`Installing Python packages for ${name}`, () => create(python, directory, requirements));
      writeFileSync(complete, '');
    });
  }
  const bin = join(directory, 'bin');
  return { python: join(bin, 'python'), bin };
}

async function create(python, directory, requirements) {
  rmSync(directory, { recursive: true, force: true });
  const make = () => capture(python, ['-m', 'venv', directory]);
  let made = await make();
  // Debian keeps ensurepip in a package of its own.
  if (made.code !== 0) {
    const refused = await installSystemPackages({ apt: ['python3-venv'] }, 'python3-venv');
    if (refused !== undefined) throw new Failure(`python -m venv failed; ${refused}`);
    rmSync(directory, { recursive: true, force: true });
    made = await make();
  }
  if (made.code !== 0) throw new Failure(`python -m venv failed: ${made.output.trim().split('\n').at(-1)}`);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  await runOrFail(join(directory, 'bin', 'python'), install, { what: 'pip install' });
}
