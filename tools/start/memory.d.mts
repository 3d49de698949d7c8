/** Options of Node, as of a server's start. */
export const memoryFlags: readonly string[];
/** Environment variables of glibc. */
export const allocator: { readonly MALLOC_ARENA_MAX: string };
