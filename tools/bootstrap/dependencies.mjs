import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from './node.mjs';
import { withProgress } from './progress.mjs';

const stampName = '.workspace-server.json';

/**
 * Whether everything that a lockfile asks for is installed, by npm's own record of what is (its hidden lockfile).
 * Optional packages (other platforms' binaries) may be absent, and more than asked for may be there.
 */
export function isComplete(lock, installed) {
  return Object.entries(lock.packages ?? {}).every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.link || entry.optional || entry.devOptional) return true;
    return installed.packages?.[path]?.version === entry.version;
  });
}

/**
 * Installs what the lockfile says, once per lockfile.
 * @param {string} root the repository
 * @param {'server' | 'all'} scope `server` leaves out what only tests and infrastructure need (hundreds of megabytes)
 */
export async function ensureDependencies(root, scope) {
  const modules = join(root, 'node_modules');
  // A linked folder is shared with another checkout, which looks after it.
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const lockHash = createHash('sha256').update(lockText).digest('hex');
  const stamp = readJson(join(modules, stampName));
  if (stamp?.lockHash === lockHash && (stamp.scope === 'all' || stamp.scope === scope)) return;
  const installed = readJson(join(modules, '.package-lock.json'));
  if (installed !== undefined && isComplete(JSON.parse(lockText), installed)) return;
  const narrow = scope === 'server' ? ['--workspace', 'server', '--omit', 'dev'] : [];
  await withProgress('Installing the npm packages of the lockfile', () =>
    npm(['ci', '--no-audit', '--no-fund', ...narrow], { cwd: root, what: 'npm ci' }),
  );
  writeFileSync(join(modules, stampName), JSON.stringify({ lockHash, scope }));
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
