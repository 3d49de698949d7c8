import type { Logger } from 'pino';
import type { RequiredKubernetesConfig, WorkloadConfig } from '../../config/workload-config.ts';
import { createConfiguredImages, createConfiguredRegistry } from '../images/configured-images.ts';
import type { ImageRegistry } from '../images/image-registry.ts';
import type { Builders, WorkloadManager } from '../manager.ts';
import { type FindCluster, NoClusterError } from './cloud-cluster.ts';
import { type Cluster, connectCloudCluster, connectCluster } from './cluster.ts';
import { createKubernetesWorkloadManager } from './kubernetes-workload-manager.ts';

/** What a manager is configured with. */
export type ManagerConfig = RequiredKubernetesConfig & Pick<WorkloadConfig, 'runnerTimeoutSeconds'>;

/** What a cloud does in its own way. */
export interface Cloud {
  /** Makes what finds a cluster that the server does not run in. */
  createClusterSearch(name: string, config: ManagerConfig): FindCluster;
  createRegistry(config: ManagerConfig, cluster: Cluster, log: Logger): ImageRegistry;
}

/** A cluster of no cloud that we know. */
const noCloud: Cloud = {
  createClusterSearch(name) {
    throw new NoClusterError(`No cloud is known that could have the cluster \`${name}\`.`);
  },
  createRegistry: (config, cluster) => createConfiguredRegistry(config, cluster, config.namespace),
};

/**
 * The manager of a configured cluster.
 * @throws {NoClusterError} where no cluster is configured
 */
export function createConfiguredManager(
  config: ManagerConfig,
  serverId: string,
  log: Logger,
  builders: Builders,
  cloud: Cloud = noCloud,
): WorkloadManager {
  const { cloudCluster } = config;
  const cluster =
    cloudCluster === undefined
      ? connectCluster(config)
      : connectCloudCluster(cloudCluster, cloud.createClusterSearch(cloudCluster, config));
  const images = createConfiguredImages({
    config,
    cluster,
    serverId,
    registry: cloud.createRegistry(config, cluster, log),
    isAwaited: builders.isAwaited,
    startTimeoutSeconds: config.runnerTimeoutSeconds,
  });
  return createKubernetesWorkloadManager(cluster, { ...config, serverId }, images, log, builders.find);
}
