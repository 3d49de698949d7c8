import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachePath } from '../bootstrap/cache.mjs';
import { Failure } from '../bootstrap/failure.mjs';
import { withLock } from '../bootstrap/lock.mjs';
import { findProgram, runOrFail } from '../bootstrap/process.mjs';
import { withProgress } from '../bootstrap/progress.mjs';

/** Helm's release; go.mod has the same. */
const version = 'v3.17.3';
const source = fileURLToPath(new URL('go', import.meta.url));

/**
 * Helm, built from its Go module, once.
 * @returns {Promise<string>} the path of the program
 */
export async function ensureHelm() {
  const directory = cachePath('helm', version);
  const program = join(directory, 'helm');
  mkdirSync(directory, { recursive: true });
  await withLock(`${directory}.lock`, async () => {
    if (existsSync(program)) return;
    const go = findProgram(['go'], ['/usr/local/go/bin', '/usr/lib/go/bin']);
    if (go === undefined) throw new Failure('Helm is built by Go 1.23 or newer: https://go.dev/dl');
    // go.sum pins what is built; the public checksum database is not reachable from every network.
    const env = { ...process.env, CGO_ENABLED: '0', GOSUMDB: 'off', GOFLAGS: '-mod=mod' };
    const args = ['build', '-trimpath', '-ldflags', '-s -w', '-o', `${program}.part`, 'helm.sh/helm/v3/cmd/helm'];
    await withProgress(`Building Helm ${version} (about 2 minutes on 2 cores, once)`, () =>
      runOrFail(go, args, { cwd: source, env, what: 'building Helm' }),
    );
    renameSync(`${program}.part`, program);
  });
  return program;
}
