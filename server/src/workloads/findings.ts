import type { Finding } from './manager.ts';

/** Looks for what may be wrong. */
export type Check = () => Promise<readonly Finding[]>;

/**
 * Does all of these at once. One that fails takes along nothing of what the others find; what several find is told once, as the
 * worst of what they take it for.
 * @param toFinding what it means that one has failed
 */
export async function findAll(
  checks: readonly Check[],
  toFinding: (error: unknown) => Finding = notKnown,
): Promise<readonly Finding[]> {
  const found = await Promise.all(checks.map((check) => check().catch((error: unknown) => [toFinding(error)])));
  const byProblem = new Map<string, Finding>();
  for (const finding of found.flat()) {
    if (finding.severity === 'error' || !byProblem.has(finding.problem)) byProblem.set(finding.problem, finding);
  }
  return [...byProblem.values()];
}

/** What is told where nothing better is known of a failure. */
function notKnown(error: unknown): Finding {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    severity: 'error',
    problem: `Whether runs can be started is not known: ${reason}.`,
    fix: 'It is asked again.',
  };
}
