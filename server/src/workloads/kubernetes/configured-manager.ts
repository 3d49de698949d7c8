import type { Logger } from 'pino';
import type { RequiredKubernetesConfig } from '../../config/workload-config.ts';
import { WorkloadError, type WorkloadManager } from '../manager.ts';
import { connectCluster } from './cluster.ts';
import { createKubernetesWorkloadManager, type RunnerImages } from './kubernetes-workload-manager.ts';

/**
 * The manager of a configured cluster.
 * @throws {NoClusterError} where no cluster is configured
 */
export function createConfiguredManager(
  config: RequiredKubernetesConfig,
  serverId: string,
  log: Logger,
): WorkloadManager {
  const cluster = connectCluster(config.context);
  return createKubernetesWorkloadManager(cluster, { ...config, serverId }, givenImages(config.runnerImage), log);
}

/** Nothing is built: one image for all runners, or each snapshot's own. */
function givenImages(runnerImage: string | undefined): RunnerImages {
  return {
    async prepare({ snapshotImage }) {
      const image = runnerImage ?? snapshotImage;
      if (image === undefined) throw new WorkloadError('Its build names no image of the orchestrator.');
      return image;
    },
    check: async () => [],
    diagnose: async () => [],
  };
}
