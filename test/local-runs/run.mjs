import { join } from 'node:path';

const folder = join('test', 'local-runs');

/** The workload manager whose runners are processes of this machine. */
const LOCAL_MANAGER = 'zenml.zen_server.pipeline_execution.in_memory_workload_manager.InMemoryWorkloadManager';

/**
 * Runs pipelines that the server starts through its local workload manager.
 * @param {import('../../tools/suites/context.mjs').SuiteContext} context
 * @returns {Promise<import('../../tools/suites/counts.mjs').Counts>}
 */
export function runLocalRunsSuite(context) {
  const { python } = context.have.python;
  const variables = ({ url, scratch }) => ({
    ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE: LOCAL_MANAGER,
    ZENML_SERVER_SERVER_URL: url,
    ZENML_WORKSPACE_LOCAL_PYTHON: python,
    ZENML_WORKSPACE_LOCAL_DIRECTORY: join(scratch, 'runners'),
  });
  const work = ({ url, user, password, scratch }) =>
    context.run(
      python,
      ['-B', '-m', 'pytest', '-c', join(folder, 'pytest.ini'), folder, `--junitxml=${context.report}`],
      {
        env: { ZENML_TEST_SERVER_URL: url, ZENML_TEST_USER: user, ZENML_TEST_PASSWORD: password, TMPDIR: scratch },
        kind: 'junit',
      },
    );
  return context.withServer(work, { variables });
}
