import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { cachePath } from './cache.mjs';
import { Failure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { capture } from './process.mjs';
import { withProgress } from './progress.mjs';
import { findPip } from './python.mjs';
import { readZip } from './zip.mjs';

/** The release whose dashboard is shown, and the hash of its wheel on PyPI. */
const release = '0.98.0';
const wheel = `zenml-${release}-py3-none-any.whl`;
const wheelSha256 = '801ffbe1821bd48dfc03c9fd5519f5a7d4387d86b3d48d08bd2057dfcde5ad30';
const folder = 'zenml/zen_server/dashboard/';

/**
 * The folder of the open-source dashboard's build, fetched once from the package that publishes it.
 * @throws {Failure} that says in one line why there is none
 */
export async function ensureDashboard() {
  const directory = cachePath(`dashboard-${release}`);
  if (existsSync(directory)) return directory;
  await withLock(`${directory}.lock`, async () => {
    if (existsSync(directory)) return;
    await withProgress(`Fetching the dashboard (PyPI package zenml ${release})`, () => fetchDashboard(directory));
  });
  return directory;
}

async function fetchDashboard(directory) {
  const work = mkdtempSync(`${directory}.new-`);
  try {
    const archive = await downloadWheel(work);
    const build = join(work, 'build');
    for (const { name, content } of readZip(archive, (name) => name.startsWith(folder))) {
      const path = resolve(build, name.slice(folder.length));
      if (!path.startsWith(build + sep)) throw new Failure(`The wheel names a file outside its folder: ${name}`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    if (!existsSync(join(build, 'index.html'))) throw new Failure(`${wheel} holds no dashboard`);
    renameSync(build, directory);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function downloadWheel(directory) {
  const pip = await findPip();
  const options = ['--no-deps', '--only-binary', ':all:', '--dest', directory, '--disable-pip-version-check'];
  // The wheel is fetched for its files, whatever Python asks for it.
  const [program, ...args] = [...pip, 'download', ...options, '--ignore-requires-python', `zenml==${release}`];
  const { code, output } = await capture(program, args);
  if (code !== 0) throw new Failure(`pip could not download ${wheel}: ${output.trim().split('\n').at(-1)}`);
  const archive = readFileSync(join(directory, wheel));
  const hash = createHash('sha256').update(archive).digest('hex');
  if (hash !== wheelSha256) throw new Failure(`${wheel} has sha256 ${hash} instead of ${wheelSha256}: not used`);
  return archive;
}
