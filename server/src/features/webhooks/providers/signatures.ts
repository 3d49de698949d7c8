import { createHmac, timingSafeEqual } from 'node:crypto';
import { type HeaderOf, SignatureError } from './provider.ts';

const WRONG = 'Invalid webhook signature.';

/** Hexadecimal HMAC-SHA256. */
export function hmac(secret: string, ...parts: readonly (string | Buffer)[]): string {
  const digest = createHmac('sha256', secret);
  for (const part of parts) digest.update(part);
  return digest.digest('hex');
}

/** Compares in a time that tells nothing. @throws SignatureError */
export function requireSame(given: string, expected: string): void {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  if (left.length !== right.length || !timingSafeEqual(left, right)) throw new SignatureError(WRONG);
}

/** Checks `sha256=…` in a header. @throws SignatureError */
export function checkPrefixedSignature(body: Buffer, headerOf: HeaderOf, secret: string, header: string): void {
  const signature = headerOf(header);
  if (!signature.startsWith('sha256=')) throw new SignatureError(`Missing or malformed ${header} header.`);
  requireSame(signature, `sha256=${hmac(secret, body)}`);
}
