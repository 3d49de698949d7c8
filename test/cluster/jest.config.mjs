import base from '../../jest.config.mjs';

/** Tests that start a cluster of their own; `npm test -- cluster`. */
export default {
  ...base,
  rootDir: '../..',
  roots: ['<rootDir>/test/cluster'],
  testTimeout: 180_000,
};
