import { Failure } from './failure.mjs';
import { findProgram } from './process.mjs';
import { installSystemPackages } from './system-packages.mjs';

/** A container registry for tests: Debian's `docker-registry`. @returns {Promise<{program: string}>} */
export async function ensureRegistry() {
  const find = () => findProgram(['docker-registry'], ['/usr/bin', '/usr/sbin']);
  const program = find();
  if (program !== undefined) return { program };
  const refused = await installSystemPackages({ apt: ['docker-registry'] }, 'a container registry');
  const installed = find();
  if (installed !== undefined) return { program: installed };
  throw new Failure(`No container registry: ${refused ?? 'the package docker-registry brings none'}`);
}
