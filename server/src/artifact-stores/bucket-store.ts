import type { ArtifactStore } from './artifact-store.ts';

/**
 * The store that a bucket's URI asks for, with the credentials that the server itself has. The clouds' libraries are large:
 * only the one that is needed is loaded.
 * @param region of S3, where it is not the environment's
 */
export async function openBucketStore(uri: string, region?: string): Promise<ArtifactStore> {
  if (uri.startsWith('gs://')) return (await import('./gcs-store.ts')).createGcsStore({});
  const endpoint = process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
  return (await import('./s3-store.ts')).createS3Store({
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
  });
}
