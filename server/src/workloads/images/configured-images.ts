import type { KubernetesConfig, RequiredKubernetesConfig } from '../../config/workload-config.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { createSecretsPlace } from '../kubernetes/secrets-place.ts';
import { createBuilderCluster } from './builder-cluster.ts';
import { createImageBuilder, type ImageBuilderParts } from './image-builder.ts';
import { createImagePreparation, type ImagePreparation } from './image-preparation.ts';
import { createPlainRegistry, type ImageRegistry } from './image-registry.ts';
import { createPullSecretCredentials } from './pull-secret.ts';
import { createRegistryClient } from './registry-client.ts';

/** What images are prepared with. */
export interface ConfiguredImages extends Pick<ImageBuilderParts, 'isAwaited' | 'startTimeoutSeconds'> {
  readonly config: RequiredKubernetesConfig;
  readonly cluster: Cluster;
  readonly serverId: string;
  readonly registry: ImageRegistry;
}

/** Prepares the images of runners as the variables say. */
export function createConfiguredImages(parts: ConfiguredImages): ImagePreparation {
  const { config, cluster, serverId, registry, isAwaited, startTimeoutSeconds } = parts;
  return createImagePreparation({
    sources: config,
    registry,
    buildImage: createImageBuilder({
      cluster: createBuilderCluster(cluster, config.namespace),
      registry,
      secretsIn: createSecretsPlace(cluster, config.namespace),
      isAwaited,
      startTimeoutSeconds,
      job: { ...config, serverId },
      builder: {
        image: config.builderImage,
        plainHttp: config.plainHttpRegistries,
        unconfined: config.builderUnconfined,
        timeoutSeconds: config.builderTimeoutSeconds,
      },
    }),
  });
}

/** A registry of no cloud: with the credentials of a pull secret, or as anyone may use it. */
export function createConfiguredRegistry(
  { pullSecret, plainHttpRegistries }: Pick<KubernetesConfig, 'pullSecret' | 'plainHttpRegistries'>,
  cluster: Cluster,
  namespace: string,
): ImageRegistry {
  const findCredentials =
    pullSecret === undefined ? async () => undefined : createPullSecretCredentials(cluster, namespace, pullSecret);
  const client = createRegistryClient({ findCredentials, plainHttp: plainHttpRegistries });
  return createPlainRegistry(client, pullSecret);
}
