/** What the tests that are written in TypeScript use of build.mjs. */
export const builderImageName: string;
