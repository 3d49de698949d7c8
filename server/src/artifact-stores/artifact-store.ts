import type { Readable } from 'node:stream';

/** A file in a store, by its URI: `s3://bucket/key`, `gs://bucket/name` or an absolute path. */
export interface StoredFile {
  readonly uri: string;
  /** Bytes. */
  readonly size: number;
}

/** What is at a URI. */
export type StoredThing = { readonly kind: 'file'; readonly size: number } | { readonly kind: 'directory' };

/** Which bytes of a file: from `start` (0 is the first) up to and without `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/** Where artifacts, logs and code are kept. Whatever goes wrong rejects with the backend's own error, but for missing files. */
export interface ArtifactStore {
  /** @returns `undefined` where there is nothing */
  stat(uri: string): Promise<StoredThing | undefined>;
  /** @throws {NoSuchFileError} */
  read(uri: string, range?: ByteRange): Promise<Readable>;
  /** Everything below a directory, in the order of the URIs. */
  list(uri: string): AsyncIterable<StoredFile>;
  /** Writes a whole file at once: readers see all of it or nothing. */
  write(uri: string, bytes: Buffer): Promise<void>;
  remove(uri: string): Promise<void>;
}

/** There is no file at a URI. */
export class NoSuchFileError extends Error {
  override name = 'NoSuchFileError';

  constructor(uri: string, options?: ErrorOptions) {
    super(`There is no file ${uri}.`, options);
  }
}

/** Reads a whole file of at most `limit` bytes. @throws {NoSuchFileError} RangeError where it is longer */
export async function readWhole(store: ArtifactStore, uri: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of await store.read(uri)) {
    size += (chunk as Buffer).length;
    if (size > limit) throw new RangeError(`${uri} is longer than ${limit} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks, size);
}
