/** An image by its parts: `registry/repository:tag` or `registry/repository@digest`. */
export interface ImageReference {
  /** Host and port, as names of images spell it; `docker.io` where they name none. */
  readonly registry: string;
  readonly repository: string;
  /** What a manifest is asked for by: the digest where there is one, else the tag. */
  readonly reference: string;
}

const DOCKER_HUB = 'docker.io';
const REPOSITORY = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const REGISTRY = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,}$/;

/** Takes a name of an image apart, as Docker does. @returns `undefined` where no registry could have such an image */
export function parseImage(name: string): ImageReference | undefined {
  const [tagged = '', digest, ...more] = name.trim().split('@');
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  const colon = tagged.lastIndexOf(':');
  const hasTag = colon > tagged.lastIndexOf('/');
  const tag = hasTag ? tagged.slice(colon + 1) : 'latest';
  const place = parsePlace(hasTag ? tagged.slice(0, colon) : tagged);
  if (!place || place.repository === '' || !REPOSITORY.test(place.repository) || !TAG.test(tag)) return undefined;
  const repository =
    place.registry === DOCKER_HUB && !place.repository.includes('/') ? `library/${place.repository}` : place.repository;
  return { registry: place.registry, repository, reference: digest ?? tag };
}

/** A registry, or a place within it. */
export interface RegistryPlace {
  readonly registry: string;
  /** Without slashes at its ends; empty for the registry itself. */
  readonly repository: string;
}

/**
 * Takes apart what images' names begin with: `registry`, `registry/path` or, of Docker Hub, `path`.
 * @returns `undefined` where it is neither
 */
export function parsePlace(text: string): RegistryPlace | undefined {
  const [first = '', ...rest] = text.split('/');
  const isHost = /[.:]/.test(first) || first === 'localhost';
  const registry = isHost ? first : DOCKER_HUB;
  if (!REGISTRY.test(registry)) return undefined;
  return {
    registry: registry === 'index.docker.io' ? DOCKER_HUB : registry,
    repository: (isHost ? rest : [first, ...rest]).join('/'),
  };
}

/** Where a registry is reached, which Docker Hub's name does not say. */
export function hostOf(registry: string): string {
  return registry === DOCKER_HUB ? 'registry-1.docker.io' : registry;
}

/** Whether a registry is on this machine: Docker and containerd take such ones without TLS. */
export function isLoopback(registry: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(registry);
}
