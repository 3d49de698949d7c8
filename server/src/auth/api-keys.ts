import { randomBytes } from 'node:crypto';
import { isUuid } from '../database/ids.ts';
import { credentialsNotValid } from '../errors.ts';

/** What every API key begins with (ZenML 0.98.0 constants.ZENML_API_KEY_PREFIX). */
export const API_KEY_PREFIX = 'ZENKEY_';

/** An API key as its owner holds it: which one it is, and the secret that is stored only as a hash. */
export interface ApiKey {
  /** API form. */
  readonly id: string;
  readonly key: string;
}

/** A new secret for an API key, 32 random bytes in hexadecimal digits. */
export function newKeySecret(): string {
  return randomBytes(32).toString('hex');
}

/** The text of an API key: the prefix and base64 of JSON, as in the reference. */
export function encodeApiKey({ id, key }: ApiKey): string {
  return API_KEY_PREFIX + Buffer.from(JSON.stringify({ id, key }), 'utf8').toString('base64');
}

/** Reads an API key. @throws ApiError CredentialsNotValid 401 */
export function decodeApiKey(text: string): ApiKey {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text.slice(API_KEY_PREFIX.length), 'base64').toString('utf8'));
    if (isApiKey(parsed)) return parsed;
  } catch {
    // Told below, together with JSON of another shape.
  }
  throw credentialsNotValid('Authentication error: error decoding API key');
}

function isApiKey(value: unknown): value is ApiKey {
  if (typeof value !== 'object' || value === null || !('id' in value) || !('key' in value)) return false;
  return typeof value.key === 'string' && typeof value.id === 'string' && isUuid(value.id);
}

/** A stored key as far as its validity goes. */
export interface KeyGeneration {
  readonly generation: number;
  /** Minutes for which the value before the last rotation stays valid. */
  readonly retainMinutes: number;
  /** Milliseconds since 1970; `undefined` before the first rotation. */
  readonly lastRotated: number | undefined;
}

/** Whether the value before the last rotation still counts. */
export function isPreviousRetained({ retainMinutes, lastRotated }: KeyGeneration, now: number): boolean {
  return lastRotated !== undefined && retainMinutes > 0 && now < lastRotated + retainMinutes * 60_000;
}

/** Whether tokens of a generation of a key are still good: the current one, or the one before within its retain period. */
export function isGenerationValid(key: KeyGeneration, generation: number | undefined, now: number): boolean {
  if (generation === undefined || generation === key.generation) return true;
  return generation === key.generation - 1 && isPreviousRetained(key, now);
}
