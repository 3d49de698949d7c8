import {
  CreateRepositoryCommand,
  type ECRClient,
  GetLifecyclePolicyCommand,
  ListImagesCommand,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr';
import type { Logger } from 'pino';
import type { ImageReference } from '../images/image-reference.ts';
import { WorkloadError } from '../manager.ts';
import { isRefusal, messageOf, nameOf } from './ecr-errors.ts';

/** The repository of an image that is to be pushed. */
export interface RunnerRepository {
  readonly client: ECRClient;
  readonly registryId: string;
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

/**
 * Makes a repository, scanned on push and swept. One that was made meanwhile is left to who made it.
 * @throws WorkloadError where the role may not; Error for what may pass
 */
export async function createRepository(repository: RunnerRepository, signal: AbortSignal): Promise<void> {
  const { client, registryId, image } = repository;
  try {
    const created = {
      registryId,
      repositoryName: image.repository,
      imageScanningConfiguration: { scanOnPush: true },
      // The cache of builds moves on under the same tag.
      imageTagMutability: 'MUTABLE' as const,
      // No tags: they would need one permission more, ecr:TagResource.
    };
    await client.send(new CreateRepositoryCommand(created), { abortSignal: signal });
  } catch (error) {
    if (nameOf(error) === 'RepositoryAlreadyExistsException') return;
    if (!isRefusal(error)) {
      const message = `The repository ${image.repository} of ${image.registry} could not be made: ${messageOf(error)}`;
      throw new Error(message, { cause: error });
    }
    const fix = 'make it, or grant ecr:CreateRepository to the server’s role';
    const message = `The repository ${image.repository} of ${image.registry} could not be made: ${fix}.`;
    throw new WorkloadError(message, { cause: error });
  }
  await putPolicy(repository, signal);
}

/**
 * Gives a repository its policy that has neither one nor any image: whoever made it died before. One with images stays
 * as its owner wants it, and so does one that cannot be looked at: no run fails of a policy that the next build may give it.
 */
export async function completeRepository(repository: RunnerRepository, signal: AbortSignal): Promise<void> {
  try {
    if ((await hasPolicy(repository, signal)) || (await hasImages(repository, signal))) return;
  } catch (error) {
    signal.throwIfAborted();
    if (!isRefusal(error)) repository.log.warn({ err: error }, 'whether a repository of ECR is complete is not known');
    return;
  }
  await putPolicy(repository, signal);
}

async function hasPolicy({ client, registryId, image }: RunnerRepository, signal: AbortSignal): Promise<boolean> {
  const asked = { registryId, repositoryName: image.repository };
  try {
    await client.send(new GetLifecyclePolicyCommand(asked), { abortSignal: signal });
    return true;
  } catch (error) {
    if (nameOf(error) === 'LifecyclePolicyNotFoundException') return false;
    throw error;
  }
}

async function hasImages({ client, registryId, image }: RunnerRepository, signal: AbortSignal): Promise<boolean> {
  const asked = { registryId, repositoryName: image.repository, maxResults: 1 };
  const { imageIds = [] } = await client.send(new ListImagesCommand(asked), { abortSignal: signal });
  return imageIds.length > 0;
}

async function putPolicy(repository: RunnerRepository, signal: AbortSignal): Promise<void> {
  const { client, registryId, image, log } = repository;
  try {
    const policy = { registryId, repositoryName: image.repository, lifecyclePolicyText: JSON.stringify(LIFECYCLE) };
    await client.send(new PutLifecyclePolicyCommand(policy), { abortSignal: signal });
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ err: error, repository: image.repository }, 'the new repository of ECR got no lifecycle policy');
  }
}
