import { createHash } from 'node:crypto';
import { compare, hash } from 'bcrypt';
import { RequestValidationError } from '../errors.ts';

/** The cost of passlib's bcrypt, with which the reference hashes. */
const ROUNDS = 12;

/** A hash that no password fits, of the same cost: looking up a user that is not there takes as long as one that is. */
const NO_PASSWORD = '$2b$12$C6UzMDM.H6dfI/f/IKcEeO7lwTwUbwUTlXUcrJvGxMlWmqJSbMTMq';

/**
 * Hashes a password or key on another thread; the reference can verify it. As there, bcrypt reads the first 72 bytes.
 * @throws RequestValidationError 422 for a password with a NUL character, which bcrypt cannot hash
 */
export async function hashPassword(password: string): Promise<string> {
  if (password.includes('\0')) throw new RequestValidationError('bcrypt does not allow NULL bytes in password', true);
  return hash(password, ROUNDS);
}

/** Checks a password or key against the hash that is stored; `null` where there is none. */
export type VerifyPassword = (password: string, stored: string | null) => Promise<boolean>;

/**
 * Checks a password or key against the hash that is stored, also one of the reference's.
 * @param stored `null` where there is none: takes the same time and fails.
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const fits = await compare(password, stored ?? NO_PASSWORD);
  return fits && stored !== null && !password.includes('\0');
}

const MAX_REMEMBERED = 5_000;

/**
 * Remembers what fits, for passwords and keys that come with every request: bcrypt takes tenths of a second. Whose hash
 * changes, or is gone, is checked anew.
 */
export function rememberingPasswords(verify: VerifyPassword): VerifyPassword {
  const fitting = new Set<string>();
  return async (password, stored) => {
    const key = createHash('sha256').update(`${stored}\0${password}`).digest('base64');
    if (fitting.has(key)) return true;
    const fits = await verify(password, stored);
    if (fitting.size >= MAX_REMEMBERED) fitting.clear();
    if (fits) fitting.add(key);
    return fits;
  };
}
