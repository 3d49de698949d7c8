import { promisify } from 'node:util';
import * as zlib from 'node:zlib';

const gzipInThread = promisify(zlib.gzip);
const gunzipInThread = promisify(zlib.gunzip);

/** Most bytes that are done at once: for a thread they might wait behind passwords that are being hashed. */
const SHORT = 32 * 1024;

/** Compresses; what is long does not hold up other requests. */
export async function gzip(bytes: Buffer): Promise<Buffer> {
  return bytes.length <= SHORT ? zlib.gzipSync(bytes) : gzipInThread(bytes);
}

/** Expands what {@link gzip} or the reference has compressed. */
export async function gunzip(bytes: Buffer): Promise<Buffer> {
  return bytes.length <= SHORT ? zlib.gunzipSync(bytes) : gunzipInThread(bytes);
}
