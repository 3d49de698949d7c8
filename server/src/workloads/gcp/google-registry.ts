import type { ImageReference } from '../images/image-reference.ts';
import type { ImageRegistry } from '../images/image-registry.ts';
import type { RegistryClient } from '../images/registry-client.ts';

/** Whether a registry is Google's: Artifact Registry, also under the names of the Container Registry before it. */
export function isGoogleRegistry(registry: string): boolean {
  return /^(?:[a-z0-9-]+-docker\.pkg\.dev|docker\.pkg\.dev|(?:[a-z]+\.)?gcr\.io)$/.test(registry);
}

interface Parts {
  /** For images of other registries. */
  readonly others: ImageRegistry;
  /** Where there is one, builders push with it. */
  readonly pullSecret: string | undefined;
  /** Asks Google's registries with the server's credentials. */
  readonly google: RegistryClient;
  /** Which registries take Google's tokens. */
  readonly isGoogle?: (registry: string) => boolean;
}

/** Artifact Registry. It makes images' repositories as they are pushed, below one that exists. */
export function createGoogleRegistry({
  others,
  pullSecret,
  google,
  isGoogle = isGoogleRegistry,
}: Parts): ImageRegistry {
  const clientOf = ({ registry }: ImageReference): RegistryClient =>
    pullSecret === undefined && isGoogle(registry) ? google : others;
  return {
    hasImage: (image, signal) => clientOf(image).hasImage(image, signal),
    async mayPush(image, signal) {
      if (clientOf(image) === others) return others.mayPush(image, signal);
      // Builders push as another account, for which nobody can ask: the server's need only find the images.
      const found = await google.hasImage(image, signal);
      return found.outcome === 'no' ? { outcome: 'yes' } : found;
    },
    async prepareRepository() {},
    async builderCredentials(image, signal) {
      if (clientOf(image) === others) return others.builderCredentials(image, signal);
      return { kind: 'google identity', registry: image.registry };
    },
  };
}
