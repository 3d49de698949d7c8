import { makeWorkloadNamespace, smallerRules } from '../../tools/cluster/workload-namespace.mjs';

/**
 * Builds images in a cluster, for a server that may do what the documented roles grant.
 * @param {import('../../tools/suites/context.mjs').SuiteContext} context
 * @param {import('../../tools/cluster/cluster.mjs').Cluster} cluster
 * @param {string} directory takes kubeconfigs
 * @returns {Promise<import('../../tools/suites/counts.mjs').Counts>}
 */
export async function runBuilderTests(context, cluster, directory) {
  const { archive, image } = context.have['builder-image'];
  await cluster.importImage({ name: image, archive });
  const given = { directory, podSecurity: 'baseline' };
  const documented = await makeWorkloadNamespace(cluster, { ...given, namespace: 'builders' });
  const smaller = await makeWorkloadNamespace(cluster, { ...given, namespace: 'smaller', rules: smallerRules });
  await makeWorkloadNamespace(cluster, { directory, namespace: 'restricted' });
  await makeWorkloadNamespace(cluster, { directory, namespace: 'unguarded', podSecurity: 'privileged' });
  return context.nodeTests('test/builders/*.test.ts', {
    ZENML_TEST_KUBECONFIGS: JSON.stringify({ admin: cluster.kubeconfig, builders: documented, smaller }),
    ZENML_TEST_HOST: cluster.host,
    ZENML_TEST_BUILDER_IMAGE: image,
    ZENML_TEST_REGISTRY: context.have.registry.program,
  });
}
