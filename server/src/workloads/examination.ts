import { setTimeout as sleep } from 'node:timers/promises';
import { type Check, findAll } from './findings.ts';
import type { Finding } from './manager.ts';

/** Examines what runs need, beside everything else. */
export interface Examination {
  /** What is wrong, one line each: as it was found last, where that is not long ago or finding it anew takes long. */
  listProblems(): Promise<readonly string[]>;
  /** Something went wrong of which the last examination may not know. */
  lookAgain(): void;
  stop(): void;
}

/** How examinations follow one another, milliseconds. */
interface Pace {
  /** Before errors are looked at again; twice as long each time. */
  readonly firstPause: number;
  /** How long what was found is taken to be so. */
  readonly freshFor: number;
}

const PACE: Pace = { firstPause: 15_000, freshFor: 60_000 };
const LONGEST_PAUSE = 300_000;
/** How long whoever wants to know waits for a new examination, milliseconds. */
const PATIENCE = 2_000;

const NOT_YET = 'warning: Whether runs can be started has not been examined yet.';

/**
 * Begins to examine; a server need not wait for a cluster that does not answer. Errors are looked at again until they are
 * gone; without any nothing is asked until a launch fails or somebody wants to know.
 * @param tell is told of each problem when it is first seen
 */
export function startExamination(
  checks: readonly Check[],
  tell: (finding: Finding) => void,
  { firstPause, freshFor }: Pace = PACE,
): Examination {
  const ending = new AbortController();
  const { signal } = ending;
  let found: readonly Finding[] | undefined;
  let foundAt = 0;
  let looking: Promise<void> | undefined;
  let isRunning = false;

  const look = async () => {
    const findings = await findAll(checks);
    if (signal.aborted) return;
    const known = new Set(found?.map(({ problem }) => problem));
    found = findings;
    foundAt = Date.now();
    for (const finding of findings) if (!known.has(finding.problem)) tell(finding);
  };
  const lookOnce = () => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  const run = async () => {
    for (let pause = firstPause; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      await lookOnce();
      if (found?.every(({ severity }) => severity !== 'error')) return;
      await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
  };
  const begin = () => {
    if (isRunning) return;
    isRunning = true;
    void run().finally(() => {
      isRunning = false;
    });
  };
  const isFresh = () => Date.now() - foundAt < freshFor;

  begin();
  return {
    async listProblems() {
      if (!isFresh()) {
        begin();
        await Promise.race([lookOnce(), sleep(PATIENCE, undefined, { ref: false })]);
      }
      return found?.map(({ severity, problem }) => `${severity}: ${problem}`) ?? [NOT_YET];
    },
    lookAgain() {
      if (!isFresh()) begin();
    },
    stop: () => ending.abort(),
  };
}
