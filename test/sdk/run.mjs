import { join } from 'node:path';

const folder = join('test', 'sdk');

/**
 * Runs the SDK suite against our server on a private database. `context.have.python` is the virtual environment of
 * test/requirements.txt.
 * @param {import('../../tools/suites/context.mjs').SuiteContext} context
 * @returns {Promise<import('../../tools/suites/counts.mjs').Counts>}
 */
export function runSdkSuite(context) {
  return context.withServer(({ url, user, password, scratch }) =>
    context.run(
      context.have.python.python,
      ['-B', '-m', 'pytest', '-c', join(folder, 'pytest.ini'), folder, `--junitxml=${context.report}`],
      {
        env: {
          ZENML_TEST_SERVER_URL: url,
          ZENML_TEST_USER: user,
          ZENML_TEST_PASSWORD: password,
          TMPDIR: scratch,
        },
        kind: 'junit',
      },
    ),
  );
}
