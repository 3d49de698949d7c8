import { TEST_JOBS, testOwner } from '../../server/src/testing/test-workloads.ts';
import { type BuilderCluster, createBuilderCluster } from '../../server/src/workloads/images/builder-cluster.ts';
import { createImageBuilder } from '../../server/src/workloads/images/image-builder.ts';
import { createImagePreparation, type ImagePreparation } from '../../server/src/workloads/images/image-preparation.ts';
import { createPlainRegistry, type ImageRegistry } from '../../server/src/workloads/images/image-registry.ts';
import { createRegistryClient } from '../../server/src/workloads/images/registry-client.ts';
import { type Cluster, connectCluster } from '../../server/src/workloads/kubernetes/cluster.ts';
import { createSecretsPlace } from '../../server/src/workloads/kubernetes/secrets-place.ts';
import type { ImageRequest } from '../../server/src/workloads/manager.ts';

/** `builders` has the documented role, `smaller` the older one; `restricted` takes no builder, `unguarded` takes any. */
export type Namespace = 'builders' | 'smaller' | 'restricted' | 'unguarded';

const kubeconfigs = JSON.parse(process.env['ZENML_TEST_KUBECONFIGS'] ?? '{}') as Record<string, string>;

/** The cluster, for its administrator or for the server of a namespace. */
export function clusterOf(account: 'admin' | Namespace): Cluster {
  return connectCluster({ kubeconfig: kubeconfigs[account] ?? kubeconfigs['admin'] });
}

/** What is to be otherwise. */
export interface Changes {
  readonly registry?: ImageRegistry;
  readonly registryName?: string;
  readonly builderImage?: string;
  readonly startTimeoutSeconds?: number;
  readonly metadataHost?: string;
  readonly namespace?: Namespace;
  readonly memory?: string;
  readonly unconfined?: boolean;
  /** Whether the cluster gives pods the container runtime's seccomp profile that name none, as kubelets and policies may. */
  readonly forcesSeccomp?: boolean;
}

/** Changes Jobs on their way in, as an admission policy does. */
function forcingSeccomp(cluster: BuilderCluster): BuilderCluster {
  return {
    ...cluster,
    createJob(job) {
      const pod = job.spec?.template.spec;
      if (pod) pod.securityContext = { ...pod.securityContext, seccompProfile: { type: 'RuntimeDefault' } };
      return cluster.createJob(job);
    },
  };
}

/** What one replica of the server prepares images with. */
export function createReplica(openRegistry: string, changes: Changes = {}): ImagePreparation {
  const { registryName = openRegistry, namespace = 'builders', memory } = changes;
  const client = createRegistryClient({ findCredentials: async () => undefined, plainHttp: [openRegistry] });
  const registry = changes.registry ?? createPlainRegistry(client, undefined);
  const cluster = clusterOf(namespace);
  const builders = createBuilderCluster(cluster, namespace);
  return createImagePreparation({
    sources: { buildRunnerImage: true, dockerRegistry: registryName, runnerImage: undefined },
    registry,
    buildImage: createImageBuilder({
      cluster: changes.forcesSeccomp ? forcingSeccomp(builders) : builders,
      registry,
      secretsIn: createSecretsPlace(cluster, namespace),
      isAwaited: async () => false,
      startTimeoutSeconds: changes.startTimeoutSeconds ?? 60,
      job: {
        ...TEST_JOBS,
        namespace,
        podResources: memory === undefined ? undefined : { limits: { memory } },
        serverId: '00000000-0000-4000-8000-000000000000',
      },
      builder: {
        image: changes.builderImage ?? process.env['ZENML_TEST_BUILDER_IMAGE'] ?? '',
        plainHttp: [openRegistry, registryName],
        unconfined: changes.unconfined ?? false,
        timeoutSeconds: 300,
        ...(changes.metadataHost !== undefined && { metadataHost: changes.metadataHost }),
      },
    }),
  });
}

/** A request for an image of a shell with these steps. */
export function requestFor(openRegistry: string, ...steps: readonly string[]): ImageRequest {
  return {
    workloadName: 'zenml-run-1-1',
    owner: testOwner('00000000-0000-4000-8000-000000000001', 'run'),
    snapshotImage: undefined,
    dockerfile: [`FROM ${openRegistry}/shell:1`, ...steps].join('\n'),
  };
}
