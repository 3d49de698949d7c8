import type { ImageReference } from './image-reference.ts';
import type { RegistryAnswer, RegistryClient } from './registry-client.ts';

/**
 * What a builder logs in with: a Secret of the namespace, Docker's configuration with a token, or tokens that it asks
 * Google's metadata server for as it needs them (they end within the hour).
 */
export type BuilderCredentials =
  | { readonly kind: 'pull secret'; readonly name: string }
  | { readonly kind: 'google identity'; readonly registry: string }
  | { readonly kind: 'docker config'; readonly json: string };

/** A registry, whoever runs it: what differs between clouds lies behind this. */
export interface ImageRegistry {
  /** Whether an image is there. */
  hasImage(image: ImageReference, signal?: AbortSignal): Promise<RegistryAnswer>;
  /** Whether images may be pushed. `no` where the repository is missing, and nothing makes it. */
  mayPush(image: ImageReference, signal?: AbortSignal): Promise<RegistryAnswer>;
  /** Called before a build: makes the repository, where the registry does not do so itself. */
  prepareRepository(image: ImageReference, signal: AbortSignal): Promise<void>;
  /** @returns `undefined` where a builder pushes as anyone may, or by the identity of its pod */
  builderCredentials(image: ImageReference, signal: AbortSignal): Promise<BuilderCredentials | undefined>;
}

/** A registry of any kind, which makes repositories as they are pushed to. @param pullSecret its name, if there is one */
export function createPlainRegistry(client: RegistryClient, pullSecret: string | undefined): ImageRegistry {
  return {
    ...client,
    async prepareRepository() {},
    builderCredentials: async () => (pullSecret === undefined ? undefined : { kind: 'pull secret', name: pullSecret }),
  };
}
