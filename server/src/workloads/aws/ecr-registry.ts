import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  ECRServiceException,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr';
import type { Logger } from 'pino';
import { formatDockerConfig } from '../images/docker-config.ts';
import type { ImageReference } from '../images/image-reference.ts';
import type { ImageRegistry } from '../images/image-registry.ts';
import { MANIFEST_TYPES, type RegistryAnswer } from '../images/registry-client.ts';
import { WorkloadError } from '../manager.ts';
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
        ? answerOf(signal, () => findImage(clientOf(place), place, image, signal))
        : others.hasImage(image, signal);
    },
    async mayPush(image, signal) {
      const place = parseEcrRegistry(image.registry);
      if (!place) return others.mayPush(image, signal);
      const found = await answerOf(signal, async () => {
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
      const found = await answerOf(signal, () => findRepository(client, place, image, signal));
      if (found.outcome === 'no') await createRepository({ client, place, image, log }, signal);
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

interface NewRepository {
  readonly client: ECRClient;
  readonly place: EcrPlace;
  readonly image: ImageReference;
  readonly log: Logger;
}

/** Images that lost their tag to a newer build go; those that runs may still name stay. */
const LIFECYCLE = {
  rules: [
    {
      rulePriority: 1,
      description: 'Layers and caches that no tag names any more',
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
      action: { type: 'expire' },
    },
  ],
};

async function createRepository({ client, place, image, log }: NewRepository, signal: AbortSignal): Promise<void> {
  const { registryId } = place;
  const repositoryName = image.repository;
  try {
    const created = {
      registryId,
      repositoryName,
      imageScanningConfiguration: { scanOnPush: true },
      // The cache of builds moves on under the same tag.
      imageTagMutability: 'MUTABLE' as const,
      // No tags: they would need one permission more, ecr:TagResource.
    };
    await client.send(new CreateRepositoryCommand(created), { abortSignal: signal });
  } catch (error) {
    if (nameOf(error) === 'RepositoryAlreadyExistsException') return;
    throw notCreated(error, image);
  }
  try {
    const policy = { registryId, repositoryName, lifecyclePolicyText: JSON.stringify(LIFECYCLE) };
    await client.send(new PutLifecyclePolicyCommand(policy), { abortSignal: signal });
  } catch (error) {
    log.warn({ err: error, repository: repositoryName }, 'the new repository of ECR got no lifecycle policy');
  }
}

function notCreated(error: unknown, { registry, repository }: ImageReference): Error {
  const message = `The repository ${repository} of ${registry} could not be made`;
  if (!isRefusal(error)) return new Error(`${message}: ${messageOf(error)}`, { cause: error });
  const fix = 'make it, or grant ecr:CreateRepository to the server’s role';
  return new WorkloadError(`${message}: ${fix}.`, { cause: error });
}

async function answerOf(signal: AbortSignal | undefined, ask: () => Promise<RegistryAnswer>): Promise<RegistryAnswer> {
  try {
    return await ask();
  } catch (error) {
    signal?.throwIfAborted();
    if (nameOf(error) === 'RepositoryNotFoundException') return { outcome: 'no', message: 'has no such repository' };
    const refused = isRefusal(error) || nameOf(error) === NO_CREDENTIALS;
    return { outcome: refused ? 'refused' : 'unreachable', message: messageOf(error) };
  }
}

/** AWS' SDK found none; where they come from may answer again later. */
const NO_CREDENTIALS = 'CredentialsProviderError';

/** Completes the sentence "the registry …". */
function messageOf(error: unknown): string {
  if (nameOf(error) === NO_CREDENTIALS) return 'cannot be asked: the server has no credentials of AWS';
  if (isRefusal(error)) return `refuses the server’s role (${nameOf(error)})`;
  return `cannot be asked: ${error instanceof Error ? error.message : String(error)}`;
}

function isRefusal(error: unknown): boolean {
  const status = error instanceof ECRServiceException ? error.$metadata.httpStatusCode : undefined;
  return (
    status === 401 ||
    status === 403 ||
    /AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken/.test(nameOf(error))
  );
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
