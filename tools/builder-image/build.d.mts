/** What the tests that are written in TypeScript use of build.mjs. */
export const builderImageName: string;
export function ensureBuilderImage(): Promise<{ archive: string; image: string }>;
export function installBusybox(root: string): Promise<void>;
