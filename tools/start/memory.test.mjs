import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { allocator, memoryFlags } from './memory.mjs';

test("the container image's server has the same memory as that of npm start", () => {
  const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
  const entryPoint = /^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '[]';
  assert.deepEqual(JSON.parse(entryPoint).slice(1, -1), memoryFlags);
  assert.equal(/MALLOC_ARENA_MAX=(\S+)/.exec(dockerfile)?.[1], allocator.MALLOC_ARENA_MAX);
});
