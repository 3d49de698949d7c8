import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { cachePath } from '../bootstrap/cache.mjs';
import { Failure } from '../bootstrap/failure.mjs';
import { withLock } from '../bootstrap/lock.mjs';
import { findProgram, runOrFail } from '../bootstrap/process.mjs';
import { withProgress } from '../bootstrap/progress.mjs';

/** What the charts use beyond Kubernetes' own kinds: where each comes from, and what it must be. */
const definitions = [
  {
    module: 'sigs.k8s.io/gateway-api@v1.2.1',
    path: 'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml',
    sha256: 'db36230a2f54ca3f1733bebc9d303d4db16c958856bf2be941a2c6269b872014',
  },
  {
    module: 'github.com/external-secrets/external-secrets@v0.16.2',
    path: 'config/crds/bases/external-secrets.io_externalsecrets.yaml',
    sha256: '7888ed7041aaf3d15f15ce4a20924f70be4112452ada638c01c454e9dab65523',
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.79.2',
    path: 'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
    sha256: '86955dec8ac2818f5248a60e470aea98144daef9f4453f39e31399af511ec3ab',
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.79.2',
    path: 'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
    sha256: 'c8947e584c8e9cb40a339bb887e5bf9a3cafda8b915b63c7cb077dd4a9f4528e',
  },
];

/**
 * CustomResourceDefinitions, taken once from the Go modules of the projects that define them.
 * @returns {Promise<string>} the folder that holds them and nothing else
 */
export async function ensureCrds() {
  const wanted = createHash('sha256').update(JSON.stringify(definitions)).digest('hex').slice(0, 12);
  const directory = cachePath('crds', wanted);
  mkdirSync(directory, { recursive: true });
  const missing = definitions.filter(({ path }) => !existsSync(join(directory, basename(path))));
  if (missing.length === 0) return directory;
  await withLock(`${directory}.lock`, () =>
    withProgress('Loading definitions of the kinds that the charts use', () => load(missing, directory)),
  );
  return directory;
}

async function load(missing, directory) {
  const go = findProgram(['go'], ['/usr/local/go/bin', '/usr/lib/go/bin']);
  if (go === undefined) throw new Failure('definitions are loaded by Go 1.23 or newer: https://go.dev/dl');
  // What is loaded is checked below; the public checksum database is not reachable from every network.
  const options = { cwd: tmpdir(), env: { ...process.env, GOSUMDB: 'off', GOFLAGS: '-mod=mod' } };
  const modules = [...new Set(missing.map(({ module }) => module))];
  await runOrFail(go, ['mod', 'download', ...modules], { ...options, what: 'loading Go modules' });
  const cache = (await runOrFail(go, ['env', 'GOMODCACHE'], options)).trim();
  for (const { module, path, sha256 } of missing) {
    const text = readFileSync(join(cache, module, path));
    if (createHash('sha256').update(text).digest('hex') !== sha256)
      throw new Failure(`${module}/${path} is not the file that was looked at: its checksum is another one`);
    writeFileSync(join(directory, basename(path)), text);
  }
}
