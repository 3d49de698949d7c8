import { createHash } from 'node:crypto';
import { parseImage, parsePlace } from './image-reference.ts';

/** The repository of built images below the configured registry. */
export const RUNNER_REPOSITORY = 'zenml-runner';

/** The beginning of tags under which layers are kept for the next build. */
const CACHE_TAG = 'build-cache';

/** How the content of an image follows from its Dockerfile; another number builds all of them anew. */
const RECIPE = 'runner-image-1';

/** Names that belong to one image. */
export interface RunnerImageName {
  /** `registry/path/zenml-runner:tag`; the same Dockerfile has the same. */
  readonly image: string;
  /** Where the layers of images with the same parent are kept. */
  readonly cache: string;
  /** Of the Job that builds it: the same from every replica, so that it is built once. */
  readonly builderName: string;
}

/** Names the image of a Dockerfile. @param registry `DOCKER_REGISTRY`, with or without a path */
export function runnerImageName(registry: string, dockerfile: string): RunnerImageName {
  const repository = `${registry.replace(/\/+$/, '')}/${RUNNER_REPOSITORY}`;
  const image = `${repository}:${hash(RECIPE, dockerfile.trim())}`;
  const parent = /^FROM .*$/im.exec(dockerfile)?.[0] ?? '';
  const cache = `${repository}:${CACHE_TAG}-${hash(parent).slice(0, 12)}`;
  return { image, cache, builderName: `zenml-build-${hash(image)}` };
}

/** What is wrong with a registry's name, in words. */
export function mistakeOfRegistry(registry: string): string | undefined {
  if (registry.includes('://')) return 'is an address: leave out what comes before the host';
  const isPlace = parsePlace(registry) && parseImage(`${registry.replace(/\/+$/, '')}/${RUNNER_REPOSITORY}`);
  return isPlace ? undefined : 'is no registry: a host, and a path in small letters if there is one';
}

function hash(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 24);
}
