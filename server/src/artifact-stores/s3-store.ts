import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { ArtifactStore, ByteRange } from './artifact-store.ts';
import { NoSuchFileError } from './artifact-store.ts';
import { type ObjectName, parseObjectUri, prefixBelow } from './object-uri.ts';

/** How a bucket of S3, or of what speaks like it, is reached. */
export interface S3Settings {
  /** Left out: found where AWS' SDK looks (environment, profile, web identity, pod identity, instance). */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  readonly region?: string;
  /** Another service than AWS', or a private endpoint. */
  readonly endpoint?: string;
  /** Whether the bucket stands in the path and not in the host; the default where there is an endpoint. */
  readonly pathStyle?: boolean;
  /** Parameters of every write, such as `ServerSideEncryption`, under their names of the S3 API. */
  readonly writeParameters?: Readonly<Record<string, string>>;
}

/** Milliseconds. */
const CONNECT_TIMEOUT = 3_000;
/** Without a byte, milliseconds. */
const IDLE_TIMEOUT = 30_000;

/** Objects of S3, by `s3://bucket/key`. A directory is what keys have in common before a slash. */
export function createS3Store(settings: S3Settings): ArtifactStore {
  const client = new S3Client(configOf(settings));
  const pageOf = (uri: string, token: string | undefined, size: number): Promise<ListObjectsV2CommandOutput> => {
    const { bucket, key } = parseObjectUri('s3', uri);
    return client.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefixBelow(key),
        MaxKeys: size,
        ...(token !== undefined && { ContinuationToken: token }),
      }),
    );
  };
  /** A list begins with the name that is its prefix. */
  const isListed = async ({ bucket, key }: ObjectName): Promise<boolean> => {
    const { Contents: [first] = [] } = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 }),
    );
    return first?.Key === key;
  };
  /** Who may list a part of a bucket only is refused what is missing, as if it were there. */
  const ignoreUnlisted = async (error: unknown, object: ObjectName): Promise<undefined> => {
    const isRefused = error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403;
    if (!isRefused || (await isListed(object).catch(() => true))) throw error;
  };

  return {
    async stat(uri) {
      const { bucket, key } = parseObjectUri('s3', uri);
      if (key !== '' && !key.endsWith('/')) {
        const head = await client
          .send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
          .catch((error: unknown) => ignoreMissing(error))
          .catch((error: unknown) => ignoreUnlisted(error, { bucket, key }));
        if (head) return { kind: 'file', size: head.ContentLength ?? 0 };
      }
      const { KeyCount = 0 } = await pageOf(uri, undefined, 1);
      return KeyCount > 0 ? { kind: 'directory' } : undefined;
    },
    async read(uri, range) {
      const { bucket, key } = parseObjectUri('s3', uri);
      const object = await client
        .send(new GetObjectCommand({ Bucket: bucket, Key: key, ...(range && { Range: headerOf(range) }) }))
        .catch((error: unknown) => ignoreMissing(error));
      if (!object?.Body) throw new NoSuchFileError(uri);
      return object.Body as Readable;
    },
    async *list(uri) {
      const { bucket } = parseObjectUri('s3', uri);
      let token: string | undefined;
      do {
        const page = await pageOf(uri, token, 1000);
        for (const { Key = '', Size = 0 } of page.Contents ?? []) {
          // What consoles make to show an empty directory.
          if (!Key.endsWith('/')) yield { uri: `s3://${bucket}/${Key}`, size: Size };
        }
        token = page.NextContinuationToken;
      } while (token !== undefined);
    },
    async write(uri, bytes) {
      const { bucket, key } = parseObjectUri('s3', uri);
      await client.send(new PutObjectCommand({ ...settings.writeParameters, Bucket: bucket, Key: key, Body: bytes }));
    },
    async remove(uri) {
      const { bucket, key } = parseObjectUri('s3', uri);
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
  };
}

function configOf({ credentials, region, endpoint, pathStyle = endpoint !== undefined }: S3Settings): S3ClientConfig {
  return {
    ...(credentials && { credentials }),
    ...(endpoint !== undefined && { endpoint }),
    // AWS answers with a bucket's own region where it is another one; without any a request could not be signed.
    region: region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    followRegionRedirects: true,
    forcePathStyle: pathStyle,
    // Not every service that speaks S3 knows the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT, socketTimeout: IDLE_TIMEOUT },
  };
}

function headerOf({ start, end }: ByteRange): string {
  return `bytes=${start}-${end === undefined ? '' : end - 1}`;
}

/** @returns nothing where the object is missing; whatever else it is, a missing bucket too, is an error */
function ignoreMissing(error: unknown): undefined {
  if (error instanceof S3ServiceException && (error.name === 'NoSuchKey' || error.name === 'NotFound'))
    return undefined;
  throw error;
}
