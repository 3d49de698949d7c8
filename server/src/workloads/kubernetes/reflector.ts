import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesListObject, KubernetesObject } from '@kubernetes/client-node';
import { type Cluster, isDenied, refusalStatus } from './cluster.ts';
import type { Doubt } from './doubt.ts';

/** What is told of a resource that is followed. */
export interface Reflection<T> {
  /** All there are, after a list: what is not among them is gone. */
  replace(objects: readonly T[]): void;
  upsert(object: T): void;
  remove(object: T): void;
  /** The cluster does not answer as it should; it is asked again. */
  failed(error: unknown): void;
}

/** A resource of a namespace. */
export interface Resource<T extends KubernetesObject> {
  /** E.g. `/apis/batch/v1/namespaces/zenml/jobs`. */
  readonly path: string;
  readonly labelSelector: string;
  /** Whether it may be listed and watched. */
  readonly doubt: Doubt;
  /** One page of the list. */
  list(page: Page): Promise<KubernetesListObject<T>>;
}

/** Of a list. */
export interface Page {
  readonly labelSelector: string;
  readonly limit: number;
  readonly _continue?: string;
}

const PAGE = 500;
/** How long one watch lasts, seconds. */
const WATCH_SECONDS = 240;
/**
 * For how long nothing may come, milliseconds: API servers send a bookmark each minute. Keep-alive probes tell of a connection
 * that is dead; one that a proxy holds up while there is nothing behind it looks like a quiet one.
 */
const LONGEST_SILENCE = 90_000;
/** Before it is asked again after a failure, milliseconds; each time in a row twice as long. */
const PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** A watch that ends sooner has failed, whatever it says, milliseconds. */
const SHORTEST_WATCH = 1_000;

/** What a list or a watch is not allowed to. */
export class ForbiddenError extends Error {
  override name = 'ForbiddenError';
}

/**
 * Lists a resource and then watches it, until `signal` ends it: what a watch misses, because it broke off or was too old,
 * the next list brings.
 * @param longestSilence after which a watch is taken up anew, milliseconds
 * @throws {ForbiddenError} where the role does not allow it
 */
export async function reflect<T extends KubernetesObject>(
  cluster: Cluster,
  resource: Resource<T>,
  reflection: Reflection<T>,
  signal: AbortSignal,
  longestSilence = LONGEST_SILENCE,
): Promise<void> {
  let pause = PAUSE;
  const rest = async () => {
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  };
  while (!signal.aborted) {
    try {
      let version = await relist(resource, reflection);
      while (!signal.aborted && version !== undefined) {
        const begun = Date.now();
        version = await watchOnce({ cluster, resource, reflection, signal, longestSilence }, version);
        if (Date.now() - begun < SHORTEST_WATCH) await rest();
        else pause = PAUSE;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isDenied(error, resource.doubt)) throw new ForbiddenError('forbidden', { cause: error });
      reflection.failed(error);
      await rest();
    }
  }
}

/** Lists a resource, page by page. */
export async function listAll<T extends KubernetesObject>({
  labelSelector,
  list,
}: Resource<T>): Promise<{ readonly objects: readonly T[]; readonly version: string | undefined }> {
  const objects: T[] = [];
  let next: string | undefined;
  let version: string | undefined;
  do {
    const page = await list({ labelSelector, limit: PAGE, ...(next && { _continue: next }) });
    objects.push(...page.items);
    version = page.metadata?.resourceVersion;
    next = page.metadata?._continue;
  } while (next);
  return { objects, version };
}

async function relist<T extends KubernetesObject>(
  resource: Resource<T>,
  reflection: Reflection<T>,
): Promise<string | undefined> {
  const { objects, version } = await listAll(resource);
  reflection.replace(objects);
  return version;
}

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T & { readonly code?: number };
}

interface Watch<T extends KubernetesObject> {
  readonly cluster: Cluster;
  readonly resource: Resource<T>;
  readonly reflection: Reflection<T>;
  readonly signal: AbortSignal;
  readonly longestSilence: number;
}

/** @returns the version to watch from next; `undefined` where it is too old and a list must come first */
async function watchOnce<T extends KubernetesObject>(
  { cluster, resource: { path, labelSelector, doubt }, reflection, signal, longestSilence }: Watch<T>,
  from: string,
): Promise<string | undefined> {
  let version: string | undefined = from;
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), longestSilence);
  const query = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: String(WATCH_SECONDS) };
  const read = async (stream: Readable) => {
    for await (const line of createInterface({ input: stream })) {
      timer.refresh();
      const { type, object } = JSON.parse(line) as WatchEvent<T>;
      if (type === 'ERROR') return undefined;
      version = object.metadata?.resourceVersion ?? version;
      if (type === 'DELETED') reflection.remove(object);
      else if (type !== 'BOOKMARK') reflection.upsert(object);
    }
    return version;
  };
  let stream: Readable | undefined;
  try {
    stream = await cluster.stream(
      path,
      { ...query, labelSelector, resourceVersion: from },
      AbortSignal.any([signal, silence.signal]),
    );
    doubt.end();
    // Readline does not pass on the errors of its stream.
    const { promise: broken, reject } = Promise.withResolvers<never>();
    stream.once('error', reject);
    return await Promise.race([read(stream), broken]);
  } catch (error) {
    if (refusalStatus(error) === 410) return undefined;
    if (silence.signal.aborted) return version;
    throw error;
  } finally {
    clearTimeout(timer);
    stream?.destroy();
  }
}
