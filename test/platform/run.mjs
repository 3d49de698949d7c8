import { delimiter } from 'node:path';
import { ensureRunnerImage } from '../chaos/runner-image.mjs';

/**
 * The charts on a real cluster, with the image of this very state of the sources and a database of the suite's own.
 * @param {import('../../tools/suites/context.mjs').SuiteContext} context
 * @returns {Promise<import('../../tools/suites/counts.mjs').Counts>}
 */
export function runPlatformSuite(context) {
  const image = context.have['server-image'];
  return context.withDatabase(({ url }) =>
    context.withCluster(async ({ kubeconfig, host, importImage }) => {
      const runner = await ensureRunnerImage(context.have.cluster.directory);
      await importImage(image);
      await importImage(runner);
      return context.nodeTests('test/platform/**/*.test.ts', {
        KUBECONFIG: kubeconfig,
        PATH: `${context.have.cluster.bin}${delimiter}${process.env.PATH}`,
        ZENML_TEST_DATABASE_URL: url,
        ZENML_TEST_HOST: host,
        ZENML_TEST_IMAGE: image.name,
        ZENML_TEST_IMAGE_ARCHIVE: image.archive,
        ZENML_TEST_RUNNER_IMAGE: runner.name,
        ZENML_TEST_CRDS: context.have.crds,
        ZENML_TEST_HELM: context.have.helm,
        ZENML_TEST_PYTHON: context.have.python.python,
      });
    }),
  );
}
