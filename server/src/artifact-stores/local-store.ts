import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArtifactStore, StoredFile } from './artifact-store.ts';
import { NoSuchFileError } from './artifact-store.ts';

/** Files of this machine, by absolute path. */
export function createLocalStore(): ArtifactStore {
  return {
    async stat(uri) {
      const found = await stat(uri).catch(ignoreMissing);
      if (!found) return undefined;
      return found.isDirectory() ? { kind: 'directory' } : { kind: 'file', size: found.size };
    },
    async read(uri, { start = 0, end } = { start: 0 }) {
      // Opened first: a stream would tell of a missing file only when it is read.
      const handle = await open(uri, 'r').catch(ignoreMissing);
      if (!handle) throw new NoSuchFileError(uri);
      return createReadStream(uri, { fd: handle, start, ...(end !== undefined && { end: end - 1 }) });
    },
    list: filesBelow,
    async write(uri, bytes) {
      await mkdir(dirname(uri), { recursive: true });
      const part = `${uri}.${randomUUID()}.part`;
      await writeFile(part, bytes);
      await rename(part, uri);
    },
    remove: (uri) => rm(uri, { force: true }),
  };
}

async function* filesBelow(directory: string): AsyncGenerator<StoredFile> {
  const entries = (await readdir(directory, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const uri = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(uri);
    else if (entry.isFile()) yield { uri, size: (await stat(uri)).size };
  }
}

function ignoreMissing(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw error;
}
