import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from './manager.ts';

/** Examines what runs need, beside everything else. */
export interface Examination {
  /** What was found last, one line each. */
  listProblems(): readonly string[];
  stop(): void;
}

/** Before errors are looked at again, milliseconds; twice as long each time. */
const FIRST_PAUSE = 15_000;
const LONGEST_PAUSE = 300_000;

const NOT_YET = 'warning: Whether runs can be started has not been examined yet.';

/**
 * Begins to examine; a server need not wait for a cluster that does not answer. Errors are looked at again until they are
 * gone; without any nothing is asked.
 * @param tell is told of each problem when it is first seen
 */
export function startExamination(
  examine: () => Promise<readonly Finding[]>,
  tell: (finding: Finding) => void,
  firstPause = FIRST_PAUSE,
): Examination {
  const ending = new AbortController();
  const { signal } = ending;
  let found: readonly Finding[] | undefined;

  const run = async () => {
    for (let pause = firstPause; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      const findings = await examine().catch((error: unknown) => [toFinding(error)]);
      if (signal.aborted) return;
      const known = new Set(found?.map(({ problem }) => problem));
      found = findings;
      for (const finding of findings) if (!known.has(finding.problem)) tell(finding);
      if (findings.every(({ severity }) => severity !== 'error')) return;
      await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
  };
  void run();
  return {
    listProblems: () => found?.map(({ severity, problem }) => `${severity}: ${problem}`) ?? [NOT_YET],
    stop: () => ending.abort(),
  };
}

function toFinding(error: unknown): Finding {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    severity: 'error',
    problem: `Whether runs can be started is not known: ${reason}.`,
    fix: 'It is asked again.',
  };
}
