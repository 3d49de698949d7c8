import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = join('test', 'sdk');

/**
 * Runs the SDK suite against our server on a private database. `context.have.python` is the virtual environment of
 * test/requirements.txt.
 * @param {import('../../tools/suites/context.mjs').SuiteContext} context
 * @returns {Promise<import('../../tools/suites/counts.mjs').Counts>}
 */
export function runSdkSuite(context) {
  return context.withServer((server) => runTests(context, server));
}

/**
 * Runs the same tests against the reference: they must say of it what they say of ours.
 * @param {import('../../tools/suites/context.mjs').SuiteContext} context
 * @returns {Promise<import('../../tools/suites/counts.mjs').Counts>}
 */
export function runSdkSuiteOnReference(context) {
  return context.withDatabase(async ({ url }) => {
    const { admin, startReference } = await import('../servers/servers.mjs');
    const scratch = mkdtempSync(join(tmpdir(), 'zenml-sdk-reference-'));
    try {
      const reference = await startReference({ databaseUrl: `${url}/zenml`, directory: scratch });
      try {
        return await runTests(context, { url: reference.url, ...admin, scratch });
      } finally {
        await reference.stop();
      }
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}

function runTests(context, { url, user, password, scratch }) {
  return context.run(
    context.have.python.python,
    ['-B', '-m', 'pytest', '-c', join(folder, 'pytest.ini'), folder, `--junitxml=${context.report}`],
    {
      env: { ZENML_TEST_SERVER_URL: url, ZENML_TEST_USER: user, ZENML_TEST_PASSWORD: password, TMPDIR: scratch },
      kind: 'junit',
    },
  );
}
