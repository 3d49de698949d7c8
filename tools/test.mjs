/** `npm test`: every suite that this machine can host, each with what it needs, installed once. */
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureDependencies } from './bootstrap/dependencies.mjs';
import { Failure, reportFailure } from './bootstrap/failure.mjs';
import { ensureNode } from './bootstrap/node.mjs';
import { exitCode, tail } from './bootstrap/process.mjs';
import { duration } from './bootstrap/progress.mjs';
import { SuiteContext } from './suites/context.mjs';
import { add, none } from './suites/counts.mjs';
import { needs } from './suites/needs.mjs';
import { runSideBySide } from './suites/schedule.mjs';
import { suites } from './suites.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const results = join(root, '.test-results');
const reminderMilliseconds = 60_000;
const endMilliseconds = 15_000;
const tailLines = 60;
const usage = `Runs the test suites that this machine can host.

  npm test -- [options] [NAME …]

  --list   names the suites with what each needs
  --long   the long ones too (npm run test:long)
  --help   this text

With CI=true a suite that cannot run here is a failure.`;

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = reportFailure(error);
}
process.exit();

async function main() {
  const { values, positionals } = parse();
  if (values.help || values.list) {
    console.log(values.help ? usage : list());
    return 0;
  }
  const chosen = choose(positionals, values.long ?? false);
  await ensureNode(fileURLToPath(import.meta.url));
  await ensureDependencies(root, 'all');
  const outcomes = await prepareAndRun(chosen, values.long ?? false);
  return summarize(outcomes);
}

function parse() {
  const options = { help: { type: 'boolean', short: 'h' }, list: { type: 'boolean' }, long: { type: 'boolean' } };
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new Failure(`${error.message}\n\n${usage}`, 2);
  }
}

function list() {
  const width = Math.max(...suites.map(({ name }) => name.length));
  return suites
    .map(({ name, about, needs: names, long }) => {
      const needed = names.length > 0 ? `; needs ${names.map((need) => needs[need].about).join(', ')}` : '';
      return `${name.padEnd(width)}  ${about}${long ? ' (long)' : ''}${needed}`;
    })
    .join('\n');
}

/** The suites of these names, or all; a long one only with --long or by its name. */
function choose(names, long) {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) throw new Failure(`No suite is called ${unknown.join(', ')}. There are:\n${list()}`, 2);
  if (names.length > 0) return suites.filter((suite) => names.includes(suite.name));
  return suites.filter((suite) => long || !suite.long);
}

/** Installs what the suites need, one after the other, then runs those that have it side by side. */
async function prepareAndRun(chosen, long) {
  const cores = availableParallelism?.() ?? cpus().length;
  const have = {};
  const outcomes = [];
  const jobs = [];
  const running = new Map();
  const asked = endInOrder(running);
  for (const suite of chosen) {
    const missing = await acquire(suite.needs, have);
    if (missing !== undefined) {
      outcomes.push({ suite, missing, counts: none });
      continue;
    }
    const context = new SuiteContext({ name: suite.name, root, results, cores, long, have });
    const run = async () => {
      if (asked.code !== undefined) return;
      running.set(suite.name, { started: Date.now(), context });
      outcomes.push({ suite, counts: await runSuite(suite, context) });
      running.delete(suite.name);
    };
    jobs.push({ cores: suite.cores, run });
  }
  const reminder = setInterval(() => console.log(`still running: ${describe(running)}`), reminderMilliseconds);
  await runSideBySide(jobs, cores);
  clearInterval(reminder);
  if (asked.code !== undefined) throw new Failure('Stopped before the end.', asked.code);
  return outcomes;
}

/** Why one of these needs cannot be met; each is tried once. */
async function acquire(names, have) {
  for (const name of names) {
    have[name] ??= await needs[name].ensure(root).catch((error) => {
      if (error instanceof Failure) return error;
      throw error;
    });
    if (have[name] instanceof Failure) return have[name].message.replaceAll('\n', ' ');
  }
  return undefined;
}

/** A suite that throws (its server does not start, its report is unreadable) has failed once. */
async function runSuite(suite, context) {
  const started = Date.now();
  console.log(`${suite.name}: started`);
  let counts;
  let problem;
  try {
    counts = await suite.run(context);
  } catch (error) {
    counts = { passed: 0, failed: 1, skipped: 0 };
    problem = error instanceof Failure ? error.message : error.stack;
  }
  if (counts.failed > 0)
    console.log(`\n--- ${suite.name}: the end of ${context.log}\n${tail(context.log, tailLines)}\n---`);
  if (problem !== undefined) console.log(`${suite.name}: ${problem}`);
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  const time = duration(Date.now() - started);
  console.log(`${suite.name}: ${counts.passed} passed, ${counts.failed} failed${skipped} (${time})`);
  return counts;
}

function describe(running) {
  return [...running].map(([name, { started }]) => `${name} (${duration(Date.now() - started)})`).join(', ');
}

/**
 * Asked to end, the suites' programs end first, so that databases and folders of theirs are removed.
 * @returns {{code?: number}} gets the exit code once we are asked
 */
function endInOrder(running) {
  const asked = { code: undefined };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      asked.code = exitCode(null, signal);
      for (const { context } of running.values()) context.giveUp();
      setTimeout(() => process.exit(asked.code), endMilliseconds).unref();
    });
  }
  return asked;
}

function summarize(outcomes) {
  const unavailable = outcomes.filter(({ missing }) => missing !== undefined);
  const inCi = process.env.CI === 'true';
  for (const { suite, missing } of unavailable) {
    console.log(`${inCi ? 'Failed' : 'Skipped'}: ${suite.name}: ${missing}`);
  }
  const failedSuites = outcomes.filter(({ counts }) => counts.failed > 0).map(({ suite }) => suite.name);
  if (failedSuites.length > 0) console.log(`With failures: ${failedSuites.join(', ')}; logs are in ${results}`);
  const total = add(...outcomes.map(({ counts }) => counts));
  const failed = total.failed + (inCi ? unavailable.length : 0);
  console.log(`${total.passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}
