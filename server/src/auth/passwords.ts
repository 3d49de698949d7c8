import { compare, hash } from 'bcrypt';

/** The cost of passlib's bcrypt, with which the reference hashes. */
const ROUNDS = 12;

/** bcrypt reads no more than this, bytes; passlib's behaviour is the same. */
const MAX_BYTES = 72;

/** A hash that no password fits, of the same cost: looking up a user that is not there takes as long as one that is. */
const NO_PASSWORD = '$2b$12$C6UzMDM.H6dfI/f/IKcEeO7lwTwUbwUTlXUcrJvGxMlWmqJSbMTMq';

/** Hashes a password or key on another thread; the reference can verify it. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, ROUNDS);
}

/**
 * Checks a password or key against the hash that is stored, also one of the reference's.
 * @param stored `null` where there is none: takes the same time and fails.
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const fits = await compare(password, stored ?? NO_PASSWORD);
  return fits && stored !== null && Buffer.byteLength(password) <= MAX_BYTES;
}
