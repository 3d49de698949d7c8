import type { Identity } from './identity.ts';

/** How long a verified credential is trusted without asking the database, milliseconds. */
const LIFETIME = 2_000;
const MAX_ENTRIES = 5_000;

/**
 * Remembers verified credentials for a moment, because clients send many requests in a row, and lets requests that come
 * at once share one verification, which for a key or password costs tenths of a second. What one replica revokes the
 * others learn within two seconds; this one at once.
 */
export interface IdentityCache {
  /** Gives whom a credential stands for. @param verify finds it out; what it throws is not remembered */
  resolve(credential: string, verify: () => Promise<Identity>): Promise<Identity>;
  /** After users, keys or devices were changed by this process. */
  clear(): void;
}

interface Entry {
  readonly identity: Promise<Identity>;
  /** Milliseconds since 1970; while it is being verified it has no end. */
  until: number;
}

/** Makes an empty cache. */
export function createIdentityCache(): IdentityCache {
  const entries = new Map<string, Entry>();
  const forget = (credential: string, entry: Entry) => {
    if (entries.get(credential) === entry) entries.delete(credential);
  };
  return {
    async resolve(credential, verify) {
      const known = entries.get(credential);
      if (known && known.until > Date.now()) return known.identity;
      if (entries.size >= MAX_ENTRIES) entries.clear();
      const entry: Entry = { identity: verify(), until: Number.POSITIVE_INFINITY };
      // The database is read after this moment: that is how old the answer can be.
      const until = Date.now() + LIFETIME;
      entries.set(credential, entry);
      try {
        const identity = await entry.identity;
        entry.until = until;
        return identity;
      } catch (error) {
        forget(credential, entry);
        throw error;
      }
    },
    clear: () => entries.clear(),
  };
}
