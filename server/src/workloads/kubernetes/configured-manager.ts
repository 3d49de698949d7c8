import type { Logger } from 'pino';
import type { RequiredKubernetesConfig, WorkloadConfig } from '../../config/workload-config.ts';
import { createConfiguredImages, createConfiguredRegistry } from '../images/configured-images.ts';
import type { ImageRegistry } from '../images/image-registry.ts';
import type { FindBuilders, WorkloadManager } from '../manager.ts';
import type { CloudCluster } from './cloud-cluster.ts';
import { type Cluster, connectCloudCluster, connectCluster, NoClusterError } from './cluster.ts';
import { createKubernetesWorkloadManager } from './kubernetes-workload-manager.ts';

/** What a manager is configured with. */
export type ManagerConfig = RequiredKubernetesConfig & Pick<WorkloadConfig, 'runnerTimeoutSeconds'>;

/** What a cloud does in its own way. */
export interface Cloud {
  /**
   * Finds a cluster that the server does not run in.
   * @throws {NoClusterError}
   */
  findCluster(name: string, config: ManagerConfig): Promise<CloudCluster>;
  createRegistry(config: ManagerConfig, cluster: Cluster, log: Logger): ImageRegistry;
}

/** A cluster of no cloud that we know. */
const noCloud: Cloud = {
  async findCluster(name) {
    throw new NoClusterError(`No cloud is known that could have the cluster \`${name}\`.`);
  },
  createRegistry: (config, cluster) => createConfiguredRegistry(config, cluster, config.namespace),
};

/**
 * The manager of a configured cluster.
 * @throws {NoClusterError} where no cluster is configured
 */
export async function createConfiguredManager(
  config: ManagerConfig,
  serverId: string,
  log: Logger,
  findBuilders: FindBuilders,
  cloud: Cloud = noCloud,
): Promise<WorkloadManager> {
  const { cloudCluster } = config;
  const cluster =
    cloudCluster === undefined
      ? connectCluster(config.context)
      : await connectCloudCluster(await cloud.findCluster(cloudCluster, config));
  const images = createConfiguredImages({
    config,
    cluster,
    serverId,
    registry: cloud.createRegistry(config, cluster, log),
    startTimeoutSeconds: config.runnerTimeoutSeconds,
  });
  return createKubernetesWorkloadManager(cluster, { ...config, serverId }, images, log, findBuilders);
}
