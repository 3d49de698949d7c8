import { Failure } from './failure.mjs';
import { findProgram } from './process.mjs';
import { installSystemPackages } from './system-packages.mjs';

const PACKAGES = { apt: ['mariadb-client'], dnf: ['mariadb'], brew: ['mariadb'] };

/** What copies a database into a file: Debian's packages of servers do not bring it. @returns {Promise<{program: string}>} */
export async function ensureDatabaseClient() {
  const find = () => findProgram(['mariadb-dump', 'mysqldump']);
  const program = find();
  if (program !== undefined) return { program };
  const refused = await installSystemPackages(PACKAGES, 'MariaDB’s client');
  const installed = find();
  if (installed !== undefined) return { program: installed };
  throw new Failure(`Nothing copies databases: ${refused ?? 'the package brings neither mariadb-dump nor mysqldump'}`);
}
