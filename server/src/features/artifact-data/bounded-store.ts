import { resolve } from 'node:path';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { type ArtifactStore, NoSuchFileError } from '../../artifact-stores/artifact-store.ts';
import { ApiError } from '../../errors.ts';

/**
 * A store in which nothing exists but what lies below its root, whatever URIs the database holds, and whose errors tell
 * the client what the backend said.
 * @param name the component's, for messages
 */
export function boundStore(store: ArtifactStore, root: string, name: string): ArtifactStore {
  const isLocal = !/^[a-z0-9]+:\/\//.test(root);
  const base = (isLocal ? resolve(root) : root).replace(/\/+$/, '');
  const within = (uri: string): string | undefined => {
    const clean = isLocal ? resolve(uri) : uri.replaceAll('\\', '/');
    return clean === base || clean.startsWith(`${base}/`) ? clean : undefined;
  };
  const required = (uri: string): string => {
    const clean = within(uri);
    if (clean === undefined) throw new NoSuchFileError(uri);
    return clean;
  };
  const attempt = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw described(error, name);
    }
  };
  return {
    stat: (uri) =>
      attempt(async () => {
        const clean = within(uri);
        return clean === undefined ? undefined : store.stat(clean);
      }),
    read: async (uri, range) => withDescribedErrors(await attempt(() => store.read(required(uri), range)), name),
    async *list(uri) {
      const clean = within(uri);
      if (clean === undefined) return;
      try {
        yield* store.list(clean);
      } catch (error) {
        throw described(error, name);
      }
    },
    write: (uri, bytes) => attempt(() => store.write(required(uri), bytes)),
    remove: (uri) => attempt(() => store.remove(required(uri))),
  };
}

/** What was opened may break off later. */
function withDescribedErrors(stream: Readable, name: string): Readable {
  const through = new PassThrough();
  // Before the pipeline hands it on as it is.
  stream.once('error', (error) => through.destroy(described(error, name)));
  pipeline(stream, through, () => {});
  return through;
}

function described(error: unknown, name: string): Error {
  if (error instanceof NoSuchFileError || error instanceof ApiError) return error;
  const reason = error instanceof Error ? [error.name, error.message].filter((part) => part !== 'Error') : [];
  const text = reason.filter((part) => part !== '').join(': ') || String(error);
  return new ApiError('RuntimeError', `The artifact store '${name}' cannot be read: ${text}`, { cause: error });
}
