import { valueError } from '../../errors.ts';

const DOCKER_HUB = 'docker.io';
const REGISTRY = /^(?:https?:\/\/)?([a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*(?::[0-9]+)?)(?:\/.+)*$/;

/** The registry that a repository or URL belongs to, e.g. `docker.io`. @throws ApiError ValueError 400 */
export function registryOf(resourceId: string): string {
  const registry = REGISTRY.exec(resourceId)?.[1];
  if (registry === undefined) {
    throw valueError(
      `Invalid resource ID for a Docker registry: ${resourceId}. Please provide a repository name or URL: ` +
        'docker.io or [https://]index.docker.io/v1/[/<repository-name>] for DockerHub, ' +
        'http[s]://host[:port][/<repository-name>] for any other registry.',
    );
  }
  return registry === `index.${DOCKER_HUB}` ? DOCKER_HUB : registry;
}

/** The registry that a connector of type `docker` gives access to. */
export function configuredRegistry(configuration: Readonly<Record<string, unknown>>): string {
  const { registry } = configuration;
  return registryOf(typeof registry === 'string' && registry !== '' ? registry : DOCKER_HUB);
}
