import type { Identity } from './identity.ts';

/** How long a verified credential is trusted without asking the database, milliseconds. */
const LIFETIME = 2_000;
const MAX_ENTRIES = 5_000;

/**
 * Remembers verified credentials for a moment, because clients send many requests in a row. What one replica revokes
 * the others learn within two seconds; this one at once.
 */
export interface IdentityCache {
  get(credential: string): Identity | undefined;
  set(credential: string, identity: Identity): void;
  /** After users, keys or devices were changed by this process. */
  clear(): void;
}

/** Makes an empty cache. */
export function createIdentityCache(): IdentityCache {
  const entries = new Map<string, { identity: Identity; until: number }>();
  return {
    get(credential) {
      const entry = entries.get(credential);
      return entry && entry.until > Date.now() ? entry.identity : undefined;
    },
    set(credential, identity) {
      if (entries.size >= MAX_ENTRIES) entries.clear();
      entries.set(credential, { identity, until: Date.now() + LIFETIME });
    },
    clear: () => entries.clear(),
  };
}
