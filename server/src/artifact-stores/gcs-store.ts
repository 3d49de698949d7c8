import type { Readable } from 'node:stream';
import { type Bucket, Storage, type StorageOptions } from '@google-cloud/storage';
import type { ArtifactStore } from './artifact-store.ts';
import { NoSuchFileError } from './artifact-store.ts';
import { parseObjectUri, prefixBelow } from './object-uri.ts';

/** How buckets of Google Cloud Storage are reached. */
export interface GcsSettings {
  /**
   * A key of a service account, or what else Google's tools write into files of credentials. Left out: found where
   * Google's library looks (`GOOGLE_APPLICATION_CREDENTIALS`, workload identity, metadata server).
   */
  readonly credentials?: Readonly<Record<string, unknown>>;
  readonly projectId?: string;
}

/** Google's library hangs two pipelines on the body of an answer: twelve listeners, of which Node says that they may be a leak. */
const BODY_LISTENERS = 20;

/** Objects of Google Cloud Storage, by `gs://bucket/name`. */
export function createGcsStore({ credentials, projectId }: GcsSettings): ArtifactStore {
  // As Google's command line is told of a private endpoint; without TLS it is none of Google's, and gets no credentials.
  const endpoint = process.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE']?.replace(/\/+$/, '');
  const storage = new Storage({
    ...(endpoint && { apiEndpoint: endpoint, useAuthWithCustomEndpoint: endpoint.startsWith('https:') }),
    ...(credentials && { credentials: credentials as NonNullable<StorageOptions['credentials']> }),
    ...(projectId !== undefined && { projectId }),
  });
  const objectOf = (uri: string) => {
    const { bucket, key } = parseObjectUri('gs', uri);
    return { bucket: storage.bucket(bucket), key };
  };
  const sizeOf = async (uri: string): Promise<number | undefined> => {
    const { bucket, key } = objectOf(uri);
    const [metadata] = await bucket.file(key).getMetadata().catch(nothingIfMissing);
    return metadata && Number(metadata.size ?? 0);
  };

  return {
    async stat(uri) {
      const { bucket, key } = objectOf(uri);
      const size = key === '' || key.endsWith('/') ? undefined : await sizeOf(uri);
      if (size !== undefined) return { kind: 'file', size };
      const { files } = await pageOf(bucket, key, undefined, 1);
      return files.length > 0 ? { kind: 'directory' } : undefined;
    },
    async read(uri, range) {
      // The stream would tell of a missing object only after it has been handed on.
      if ((await sizeOf(uri)) === undefined) throw new NoSuchFileError(uri);
      const { bucket, key } = objectOf(uri);
      const part = range && {
        start: range.start,
        validation: false,
        ...(range.end !== undefined && { end: range.end - 1 }),
      };
      const stream = bucket.file(key).createReadStream(part);
      return stream.on('response', (body: Readable) => body.setMaxListeners(BODY_LISTENERS));
    },
    async *list(uri) {
      const { bucket, key } = objectOf(uri);
      let token: string | undefined;
      do {
        const page = await pageOf(bucket, key, token, 1000);
        for (const { name, metadata } of page.files) {
          if (!name.endsWith('/')) yield { uri: `gs://${bucket.name}/${name}`, size: Number(metadata.size ?? 0) };
        }
        token = page.next;
      } while (token !== undefined);
    },
    async write(uri, bytes) {
      const { bucket, key } = objectOf(uri);
      await bucket.file(key).save(bytes, { resumable: false });
    },
    async remove(uri) {
      const { bucket, key } = objectOf(uri);
      await bucket.file(key).delete({ ignoreNotFound: true });
    },
  };
}

async function pageOf(bucket: Bucket, key: string, pageToken: string | undefined, maxResults: number) {
  const [files, next] = await bucket.getFiles({
    prefix: prefixBelow(key),
    autoPaginate: false,
    maxResults,
    ...(pageToken !== undefined && { pageToken }),
  });
  return { files, next: (next as { pageToken?: string } | null | undefined)?.pageToken };
}

function nothingIfMissing(error: unknown): [undefined] {
  if (error instanceof Error && 'code' in error && Number(error.code) === 404) return [undefined];
  throw error;
}
