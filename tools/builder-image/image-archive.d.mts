/** What the tests that are written in TypeScript use of image-archive.mjs. */
export function writeLayer(given: {
  root: string;
  scratch: string;
  config: object;
}): Promise<{ layer: string; configuration: string }>;
