import { BatchGetImageCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import type { Logger } from 'pino';
import { formatDockerConfig } from '../images/docker-config.ts';
import type { ImageReference } from '../images/image-reference.ts';
import type { ImageRegistry } from '../images/image-registry.ts';
import { MANIFEST_TYPES, type RegistryAnswer } from '../images/registry-client.ts';
import { WorkloadError } from '../manager.ts';
import { isRefusal, messageOf, NO_CREDENTIALS, nameOf } from './ecr-errors.ts';
import { completeRepository, createRepository } from './ecr-repository.ts';
import { createEcrTokens } from './ecr-tokens.ts';

/** A registry of ECR, as its name says. */
interface EcrPlace {
  readonly registryId: string;
  readonly region: string;
}

/** Takes the name of a registry of ECR apart. @returns `undefined` where it is another's */
export function parseEcrRegistry(registry: string): EcrPlace | undefined {
  const name =
    /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)$/;
  const [, registryId, region] = name.exec(registry) ?? [];
  return registryId === undefined || region === undefined ? undefined : { registryId, region };
}

interface Parts {
  /** For images of other registries. */
  readonly others: ImageRegistry;
  readonly log: Logger;
}

/** ECR, through AWS' API; each registry in the region that its name says. */
export function createEcrRegistry({ others, log }: Parts): ImageRegistry {
  const clients = new Map<string, ECRClient>();
  const clientOf = ({ region }: EcrPlace): ECRClient => {
    const client = clients.get(region) ?? new ECRClient({ region });
    clients.set(region, client);
    return client;
  };
  const tokens = createEcrTokens();

  return {
    async hasImage(image, signal) {
      const place = parseEcrRegistry(image.registry);
      return place
        ? answerOf(image, signal, () => findImage(clientOf(place), place, image, signal))
        : others.hasImage(image, signal);
    },
    async mayPush(image, signal) {
      const place = parseEcrRegistry(image.registry);
      if (!place) return others.mayPush(image, signal);
      const found = await answerOf(image, signal, async () => {
        await tokens(clientOf(place), place.registryId, signal);
        return findRepository(clientOf(place), place, image, signal);
      });
      // A missing repository is made before the push.
      return found.outcome === 'no' ? { outcome: 'yes' } : found;
    },
    async prepareRepository(image, signal) {
      const place = parseEcrRegistry(image.registry);
      if (!place) return others.prepareRepository(image, signal);
      const client = clientOf(place);
      const found = await answerOf(image, signal, () => findRepository(client, place, image, signal));
      const repository = { client, registryId: place.registryId, image, log };
      if (found.outcome === 'no') await createRepository(repository, signal);
      if (found.outcome === 'yes') await completeRepository(repository, signal);
    },
    async builderCredentials(image, signal) {
      const place = parseEcrRegistry(image.registry);
      if (!place) return others.builderCredentials(image, signal);
      try {
        const { username, password } = await tokens(clientOf(place), place.registryId, signal);
        return { kind: 'docker config', json: formatDockerConfig(image.registry, username, password) };
      } catch (error) {
        const message = `The registry ${image.registry} ${messageOf(error)}`;
        throw isRefusal(error) ? new WorkloadError(message, { cause: error }) : new Error(message, { cause: error });
      }
    },
  };
}

async function findImage(
  client: ECRClient,
  { registryId }: EcrPlace,
  { repository: repositoryName, reference }: ImageReference,
  signal: AbortSignal | undefined,
): Promise<RegistryAnswer> {
  const imageIds = [reference.includes(':') ? { imageDigest: reference } : { imageTag: reference }];
  const asked = { registryId, repositoryName, imageIds, acceptedMediaTypes: [...MANIFEST_TYPES] };
  const { images = [] } = await client.send(new BatchGetImageCommand(asked), { abortSignal: signal });
  return images.length > 0
    ? { outcome: 'yes' }
    : { outcome: 'no', message: `has no \`${repositoryName}:${reference}\`` };
}

async function findRepository(
  client: ECRClient,
  { registryId }: EcrPlace,
  { repository }: ImageReference,
  signal: AbortSignal | undefined,
): Promise<RegistryAnswer> {
  const asked = { registryId, repositoryNames: [repository] };
  await client.send(new DescribeRepositoriesCommand(asked), { abortSignal: signal });
  return { outcome: 'yes' };
}

async function answerOf(
  { repository }: ImageReference,
  signal: AbortSignal | undefined,
  ask: () => Promise<RegistryAnswer>,
): Promise<RegistryAnswer> {
  try {
    return await ask();
  } catch (error) {
    signal?.throwIfAborted();
    if (nameOf(error) === 'RepositoryNotFoundException') {
      return { outcome: 'no', message: `has no repository \`${repository}\`` };
    }
    const refused = isRefusal(error) || nameOf(error) === NO_CREDENTIALS;
    return { outcome: refused ? 'refused' : 'unreachable', message: messageOf(error) };
  }
}
