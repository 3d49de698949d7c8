import { readFileSync } from 'node:fs';

/**
 * @typedef {{passed: number, failed: number, skipped: number}} Counts of tests
 */

/** Nothing ran. */
export const none = Object.freeze({ passed: 0, failed: 0, skipped: 0 });

/** @returns {Counts} */
export function add(...counts) {
  return counts.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + (skipped ?? 0),
    }),
    none,
  );
}

/** From jest's `--json`: a file that does not even load has no tests of its own, and counts as one that failed. */
export function fromJest(report) {
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** From a JUnit file as pytest and Node's test runner write it: one `testcase` per test, its outcome inside. */
export function fromJunit(xml) {
  const cases = xml.match(/<testcase\b[^>]*?(?:\/>|>[\s\S]*?<\/testcase>)/g) ?? [];
  const failed = cases.filter((text) => /<(failure|error)\b/.test(text)).length;
  const skipped = cases.filter((text) => /<skipped\b/.test(text) && !/<(failure|error)\b/.test(text)).length;
  return { passed: cases.length - failed - skipped, failed, skipped };
}

const readers = {
  jest: (text) => fromJest(JSON.parse(text)),
  junit: fromJunit,
  json: (text) => add(JSON.parse(text)),
};

/**
 * The counts of a program that ended: those of its report where it wrote one, else one test by its exit code. An exit
 * code that says failure always counts as one, whatever the report says, and so does a report of no test.
 * @param {number} code
 * @param {{kind: 'jest' | 'junit' | 'json', path: string}} [report]
 * @returns {Counts}
 */
export function countsOf(code, report) {
  const text = report && readIfThere(report.path);
  if (text === undefined) return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  const counts = readers[report.kind](text);
  // A report without a test is a suite that found nothing to run.
  const failed = code !== 0 || counts.passed + counts.skipped === 0 ? Math.max(counts.failed, 1) : counts.failed;
  return { ...counts, failed };
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
