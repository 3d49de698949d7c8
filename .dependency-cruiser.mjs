/**
 * The direction of dependencies in the server, top to bottom:
 * http → contract → auth → features (operations → service → store, read model) → database.
 */
const tests = '\\.test\\.ts$';
const operations = '-(operations|routes)\\.ts$';

const features = '^server/src/features/';

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      comment: 'A module that nothing imports and that imports nothing is dead.',
      severity: 'error',
      from: { orphan: true, pathNot: [tests, '/generated/', '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'database-is-the-bottom',
      severity: 'error',
      from: { path: '^server/src/database/', pathNot: tests },
      to: { path: '^server/src/(http|contract|auth|features|listing|secrets|artifact-stores|logs|workloads)/' },
    },
    {
      name: 'contract-below-http',
      severity: 'error',
      from: { path: '^server/src/contract/', pathNot: tests },
      to: { path: '^server/src/(http|features)/' },
    },
    {
      name: 'auth-below-contract',
      severity: 'error',
      from: { path: '^server/src/auth/', pathNot: [tests, operations] },
      to: { path: '^server/src/(http|contract|features)/' },
    },
    {
      name: 'express-stays-at-the-edge',
      comment: 'Services, stores and read models know nothing of HTTP.',
      severity: 'error',
      from: {
        path: '^server/src/',
        pathNot: [tests, '^server/src/(http|contract)/', '^server/src/(app|authentication|main)\\.ts$', operations],
      },
      to: { path: 'node_modules/(express|helmet)/' },
    },
    {
      name: 'features-do-not-know-http',
      severity: 'error',
      from: { path: features, pathNot: [tests, operations] },
      to: { path: '^server/src/http/' },
    },
    {
      name: 'stores-are-the-bottom-of-a-feature',
      severity: 'error',
      from: { path: `${features}.*-(store|read-model)\\.ts$` },
      to: { path: '-(operations|service)\\.ts$' },
    },
    {
      name: 'services-make-no-statements',
      comment: 'Nor operations: stores, read models, and files that answer one question of the database do.',
      severity: 'error',
      from: { path: '^server/src/.*-(operations|service)\\.ts$' },
      to: { path: 'node_modules/kysely/' },
    },
    {
      name: 'features-meet-above-their-stores',
      comment: "Another feature's rows come through its service or read model, handed in by app.ts.",
      severity: 'error',
      from: { path: '^server/src/features/([^/]+)/', pathNot: tests },
      to: { path: '^server/src/features/([^/]+)/.*-store\\.ts$', pathNot: '^server/src/features/$1/' },
    },
    {
      name: 'only-the-composition-root-knows-everything',
      severity: 'error',
      from: { path: '^server/src/', pathNot: [tests, '^server/src/(main|start)\\.ts$', '^server/src/testing/'] },
      to: { path: '^server/src/(app|main)\\.ts$' },
    },
    {
      name: 'drivers-belong-to-the-database',
      severity: 'error',
      from: { path: '^server/src/', pathNot: [tests, '^server/src/database/'] },
      to: { path: 'node_modules/mysql2/' },
    },
    {
      name: 'no-development-packages-at-run-time',
      severity: 'error',
      from: { path: '^server/src/', pathNot: [tests, '/testing/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm'] },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
