import { createConfiguredRegistry } from '../images/configured-images.ts';
import type { Cloud } from '../kubernetes/configured-manager.ts';
import { createEcrRegistry } from './ecr-registry.ts';
import { createEksSearch } from './eks-cluster.ts';

/**
 * What differs on EKS from any other cluster: images lie in ECR, whose repositories are made before a push, and whose
 * tokens the server asks for as the role that it runs under (IRSA, pod identity, or whatever else AWS' SDK finds). As that
 * role it also reaches a cluster that it does not run in.
 */
export const aws: Cloud = {
  createClusterSearch: (name, { regionAws }) => createEksSearch(name, regionAws),
  createRegistry: (config, cluster, log) =>
    createEcrRegistry({ others: createConfiguredRegistry(config, cluster, config.namespace), log }),
};
