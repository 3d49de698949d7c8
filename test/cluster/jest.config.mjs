import base from '../../jest.config.mjs';

/** Tests that start a cluster of their own; `npm test -- cluster`. */
export default {
  ...base,
  rootDir: '../..',
  roots: ['<rootDir>/test/cluster'],
  // That of builders takes the cluster of the pipelines, and Node's own runner.
  testPathIgnorePatterns: ['image-builder.test.ts'],
  testTimeout: 60_000,
};
