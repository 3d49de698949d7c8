import { imagesOf } from '../../features/snapshot-runs/run-checks.ts';
import type { Launch } from '../launch.ts';
import { type Finding, WorkloadError } from '../manager.ts';
import { type LauncherParts, loadLaunchSource } from './launcher.ts';

/**
 * Makes what says why a launch failed, what else is in the way of the next one, and what mends both: whoever mends the first should
 * not find the second by another run.
 */
export function createFailureExplanation({
  db,
  manager,
  log,
}: Pick<LauncherParts, 'db' | 'manager' | 'log'>): (launch: Launch, error: unknown) => Promise<string> {
  const findErrors = async ({ snapshotId }: Launch) => {
    const findings = await manager.preflight(imagesOf(await loadLaunchSource(db, snapshotId)));
    return findings.filter(({ severity }) => severity === 'error');
  };
  return async (launch, error) => {
    const reason = error instanceof Error ? error.message : String(error);
    try {
      return withFindings(reason, await findErrors(launch));
    } catch (failure) {
      // The run ends all the same, and with what it failed of: only what could have been told besides is not known. That its
      // snapshot cannot be run is no failure of the question.
      if (!(failure instanceof WorkloadError)) {
        log.warn({ err: failure, run: launch.runId }, 'what else is in the way of a run that failed was not found out');
      }
      return reason;
    }
  };
}

/** All problems come before what mends them: a status reason has room for the beginning only, the log for all of it. */
function withFindings(reason: string, findings: readonly Finding[]): string {
  const others = findings.map(({ problem }) => problem).filter((problem) => !says(reason, problem));
  const fixes = findings.map(({ fix }) => inOneLine(fix)).filter((fix) => !says(reason, fix));
  const parts = [
    reason,
    ...(others.length === 0 ? [] : [`Also: ${others.join(' ')}`]),
    ...(fixes.length === 0 ? [] : [`What to do: ${[...new Set(fixes)].join('; ')}.`]),
  ];
  return parts.map((part, index) => (index < parts.length - 1 ? withFullStop(part) : part)).join(' ');
}

/** Whether a reason names a problem, or what the problem quotes after its colon: a refusal of the cluster, of a registry. */
function says(reason: string, problem: string): boolean {
  const told = problem.replace(/\.$/, '');
  const quoted = told.slice(told.indexOf(': ') + 1);
  return reason.includes(told) || (quoted !== told && reason.includes(quoted.trim()));
}

/** A manifest would fill the whole reason. */
function inOneLine(fix: string): string {
  const [line = '', manifest] = fix.split('\n', 2);
  return manifest === undefined ? line.replace(/\.$/, '') : `${line} \`doctor\` prints it`;
}

function withFullStop(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
