/** What the tests that are written in TypeScript use of cache.mjs. */
export function cachePath(...names: readonly string[]): string;
