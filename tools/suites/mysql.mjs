import { dirname, join } from 'node:path';
import { add } from './counts.mjs';

/**
 * What the other suites show on MariaDB, on MySQL. `context.have.mysql` is the folder of its programs.
 * @param {import('./context.mjs').SuiteContext} context
 * @returns {Promise<import('./counts.mjs').Counts>}
 */
export async function runMysqlSuite(context) {
  const programs = context.have.mysql;
  const jest = join('node_modules', 'jest', 'bin', 'jest.js');
  const report = `${context.report}.jest`;
  const options = [`--maxWorkers=${context.cores}`, '--json', `--outputFile=${report}`];
  // No variable that names a database: each test run starts its own, of the programs that MYSQLD names.
  const env = { MYSQLD: join(programs, 'mysqld'), ZENML_TEST_DATABASE_URL: '' };
  const server = await context.node(['--experimental-vm-modules', jest, 'server', ...options], {
    kind: 'jest',
    report,
    env,
  });
  // Only MySQL's own client programs are to be found.
  const PATH = [programs, dirname(process.execPath)].join(':');
  return add(server, await context.nodeTests('tools/backup/**/*.test.mjs', { ...env, PATH }));
}
