import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDirectory } from '../testing/scratch.mjs';
import { add, countsOf, fromJest, fromJunit } from './counts.mjs';

const reportOf = (kind, text) => {
  const path = join(scratchDirectory(), 'report');
  writeFileSync(path, text);
  return { kind, path };
};

test('jest: a file that does not load is a failure', () => {
  const report = {
    numPassedTests: 5,
    numFailedTests: 1,
    numRuntimeErrorTestSuites: 2,
    numPendingTests: 1,
    numTodoTests: 0,
  };
  assert.deepEqual(fromJest(report), { passed: 5, failed: 3, skipped: 1 });
});

test('JUnit: passed, failed, in error, skipped, nested', () => {
  const xml = `<?xml version="1.0"?><testsuites><testsuite name="a > b"><testcase name="one" time="0.1"/>
    <testsuite name="inner"><testcase name="two"><failure message="x">trace</failure></testcase></testsuite>
    <testcase name="three"><error/></testcase><testcase name="four"><skipped/></testcase>
    <testcase name="five"><system-out>text</system-out></testcase></testsuite></testsuites>`;
  assert.deepEqual(fromJunit(xml), { passed: 2, failed: 2, skipped: 1 });
});

test('without a report the exit code is the test', () => {
  assert.deepEqual(countsOf(0), { passed: 1, failed: 0, skipped: 0 });
  assert.deepEqual(countsOf(2), { passed: 0, failed: 1, skipped: 0 });
  assert.deepEqual(countsOf(1, { kind: 'jest', path: '/nowhere/report' }), { passed: 0, failed: 1, skipped: 0 });
});

test('a failing exit code fails, whatever the report says, and so does a report of no test', () => {
  assert.equal(countsOf(1, reportOf('json', '{"passed":3,"failed":0}')).failed, 1);
  assert.equal(countsOf(0, reportOf('json', '{"passed":3,"failed":0}')).failed, 0);
  assert.equal(countsOf(0, reportOf('json', '{"passed":0,"failed":0}')).failed, 1);
  assert.equal(countsOf(0, reportOf('junit', '<testsuites/>')).failed, 1);
});

test('counts add up', () => {
  assert.deepEqual(add({ passed: 1, failed: 0 }, { passed: 2, failed: 3, skipped: 4 }), {
    passed: 3,
    failed: 3,
    skipped: 4,
  });
});
