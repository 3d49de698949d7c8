import { join } from 'node:path';

/**
 * Runs test/differential/run.ts, which starts its own database and servers.
 * @param {import('../../tools/suites/context.mjs').SuiteContext} context
 * @param {string[]} [more] further options
 */
export function runDifferentialSuite(context, more = []) {
  const script = join('test', 'differential', 'run.ts');
  const env = { ZENML_REFERENCE_BIN: context.have.python.bin };
  return context.node([script, '--report', context.report, ...more], { kind: 'json', env });
}
