import { join } from 'node:path';
import { ensureSdkImage } from '../../test/cluster/sdk-image.mjs';
import { ensureChromium } from '../bootstrap/chromium.mjs';
import { ensureDashboard } from '../bootstrap/dashboard.mjs';
import { ensureDatabaseClient } from '../bootstrap/database-client.mjs';
import { Failure } from '../bootstrap/failure.mjs';
import { ensureDatabase } from '../bootstrap/mariadb.mjs';
import { ensureMysql } from '../bootstrap/mysql.mjs';
import { ensureNodes } from '../bootstrap/node.mjs';
import { ensureVirtualEnvironment } from '../bootstrap/python.mjs';
import { ensureRegistry } from '../bootstrap/registry.mjs';
import { ensureBuilderImage } from '../builder-image/build.mjs';
import { ensureCrds } from '../cluster/crds.mjs';
import { ensureClusterPrograms } from '../cluster/programs.mjs';
import { ensureHelm } from '../helm/helm.mjs';
import { ensureServerImage } from '../image/build.mjs';

/** Terraform itself is not installed: that is the user's. */
async function ensureTerraform() {
  const { findTools } = await import('../../test/infra/provider.ts');
  const found = await findTools();
  if (typeof found === 'string') throw new Failure(`STACKS ARE NOT APPLIED: ${found}`);
  return found;
}

/**
 * What suites need beyond the npm packages. `ensure` installs it once and returns what the suite uses, or throws a
 * Failure that says why this machine has none.
 * @type {Record<string, {about: string, ensure: (root: string) => Promise<unknown>}>}
 */
export const needs = {
  database: { about: 'MariaDB 10.6+ or MySQL 8', ensure: () => ensureDatabase() },
  'database-client': { about: 'mariadb-dump or mysqldump', ensure: () => ensureDatabaseClient() },
  mysql: { about: 'MySQL of Debian’s packages (mmdebstrap)', ensure: () => ensureMysql() },
  python: {
    about: 'Python 3.11 to 3.13 with zenml[server]==0.98.0 and pytest (test/requirements.txt)',
    ensure: (root) => ensureVirtualEnvironment('test', join(root, 'test', 'requirements.txt')),
  },
  terraform: { about: 'Terraform 1.11 with the provider of AWS', ensure: () => ensureTerraform() },
  nodes: { about: 'Node 22 and 24, from npm', ensure: () => ensureNodes() },
  scanner: {
    about: 'Python with checkov, which scans stacks',
    ensure: (root) => ensureVirtualEnvironment('scanner', join(root, 'test', 'infra', 'scanner-requirements.txt')),
  },
  fuzzer: {
    about: 'Python with Schemathesis, which makes up requests',
    ensure: (root) => ensureVirtualEnvironment('fuzzer', join(root, 'test', 'fuzz', 'schemathesis-requirements.txt')),
  },
  cluster: { about: 'Linux with root, Go 1.23 and Debian’s packages', ensure: () => ensureClusterPrograms() },
  'builder-image': { about: 'an image with BuildKit', ensure: () => ensureBuilderImage() },
  crds: { about: 'definitions of the kinds that the charts use, from Go modules', ensure: () => ensureCrds() },
  helm: { about: 'Helm 3, built by Go', ensure: () => ensureHelm() },
  'server-image': { about: 'the server’s image (buildah, mmdebstrap)', ensure: () => ensureServerImage() },
  'sdk-image': { about: 'an image with ZenML’s SDK', ensure: () => ensureSdkImage() },
  chromium: { about: 'Chromium', ensure: () => ensureChromium() },
  registry: { about: 'a container registry (docker-registry)', ensure: () => ensureRegistry() },
  dashboard: { about: "the open-source dashboard's build", ensure: () => ensureDashboard() },
};
