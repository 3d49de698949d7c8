import type { Settings } from '../settings.ts';

/** The image as pods name it: by its digest, where that is known, for some container runtimes take no tag beside it. */
export function imageOf({ image: { repository, tag, digest } }: Settings['server']): string {
  return digest === undefined ? `${repository}:${tag}` : `${repository}@${digest}`;
}
