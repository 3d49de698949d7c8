import { basename } from 'node:path/posix';
import type { Readable } from 'node:stream';
import type { ArtifactStore, StoredThing } from '../../artifact-stores/artifact-store.ts';
import { TAR_END, tarDirectory, tarFile, tarPadding } from './tar.ts';

/** What is at a URI, bytes: of a directory, all that is below it. */
export async function sizeOf(store: ArtifactStore, uri: string, thing: StoredThing): Promise<number> {
  if (thing.kind === 'file') return thing.size;
  let total = 0;
  for await (const { size } of store.list(uri)) total += size;
  return total;
}

/** A tar archive of a file or directory, made while it is read: its size plays no part. */
export async function* archiveOf(store: ArtifactStore, uri: string, { kind }: StoredThing): AsyncGenerator<Buffer> {
  if (kind === 'file') {
    yield* entryOf(await store.read(uri), basename(uri), await sizeNow(store, uri));
  } else {
    const base = `${uri.replace(/\/+$/, '')}/`;
    const known = new Set<string>();
    yield tarDirectory('.');
    for await (const file of store.list(uri)) {
      const name = file.uri.slice(base.length);
      for (const directory of parentsOf(name)) {
        if (!known.has(directory)) yield tarDirectory(directory);
        known.add(directory);
      }
      yield* entryOf(await store.read(file.uri), name, file.size);
    }
  }
  yield TAR_END;
}

async function sizeNow(store: ArtifactStore, uri: string): Promise<number> {
  const thing = await store.stat(uri);
  return thing?.kind === 'file' ? thing.size : 0;
}

/** `a/b/c.txt` → `a`, `a/b` */
function parentsOf(name: string): string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
}

async function* entryOf(content: Readable, name: string, size: number): AsyncGenerator<Buffer> {
  yield tarFile(name, size);
  let sent = 0;
  for await (const chunk of content) {
    sent += (chunk as Buffer).length;
    // The header is out: only breaking off tells the client.
    if (sent > size) break;
    yield chunk as Buffer;
  }
  if (sent !== size) throw new Error(`${name} was changed while it was read`);
  yield tarPadding(size);
}
