/**
 * Runs the browser suite against our server, with the dashboard, on a private database.
 * @param {import('../../tools/suites/context.mjs').SuiteContext} context
 * @returns {Promise<import('../../tools/suites/counts.mjs').Counts>}
 */
export function runBrowserSuite(context) {
  const { python, chromium, dashboard } = context.have;
  return context.withServer(
    ({ url, user, password, scratch }) =>
      context.nodeTests('test/browser/*.test.ts', {
        ZENML_TEST_SERVER_URL: url,
        ZENML_TEST_USER: user,
        ZENML_TEST_PASSWORD: password,
        ZENML_TEST_CHROMIUM: chromium,
        ZENML_TEST_PYTHON: python.python,
        TMPDIR: scratch,
      }),
    { dashboardDirectory: dashboard },
  );
}
