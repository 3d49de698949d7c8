/** One configuration for unit tests and HTTP tests; ES modules, compiled by swc. */
export default {
  rootDir: '.',
  roots: ['<rootDir>/server', '<rootDir>/charts-ts', '<rootDir>/infra', '<rootDir>/examples'],
  testMatch: ['**/*.test.ts'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  globalSetup: '<rootDir>/server/jest/global-setup.mjs',
  globalTeardown: '<rootDir>/server/jest/global-teardown.mjs',
  testTimeout: 30_000,
};
