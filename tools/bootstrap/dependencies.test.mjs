import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isComplete } from './dependencies.mjs';

const lock = {
  packages: {
    '': { version: '0.1.0' },
    server: { version: '0.1.0' },
    'node_modules/@zenml-workspace/server': { resolved: 'server', link: true },
    'node_modules/express': { version: '5.3.0' },
    'node_modules/fsevents': { version: '2.3.3', optional: true },
  },
};

test('an installation with every package of the lockfile is complete, others may be there too', () => {
  const packages = { 'node_modules/express': { version: '5.3.0' }, 'node_modules/kleur': { version: '4.0.0' } };
  assert.equal(isComplete(lock, { packages }), true);
});

test('an installation without a package, or with another version, is not', () => {
  assert.equal(isComplete(lock, { packages: {} }), false);
  assert.equal(isComplete(lock, { packages: { 'node_modules/express': { version: '5.2.9' } } }), false);
});
