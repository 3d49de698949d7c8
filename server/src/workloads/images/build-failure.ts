/*
 * Why BuildKit failed, from the end of its plain log: in it the output of the failed step stands between two lines of
 * dashes, and the last line begins with `error:`.
 */

/** @returns the cause in one short line, as far as the log says */
export function causeOfBuildFailure(log: string): string | undefined {
  const lines = log.split('\n').map((line) => line.trimEnd());
  const error = lines.findLast((line) => /^error: /i.test(line))?.replace(/^error: (?:failed to solve: )?/i, '');
  if (error === undefined) return startFailure(lines) ?? lines.findLast((line) => line.trim() !== '')?.trim();
  const exitCode = /did not complete successfully: exit code: (\d+)/.exec(error)?.[1];
  if (exitCode === undefined) return pushFailure(error) ?? error;
  const step = failedStep(lines);
  const killed = exitCode === '137' ? ', killed: out of memory?' : '';
  return `${step?.title ?? 'a step'} ended with exit code ${exitCode}${killed}${step?.output ? `: ${step.output}` : ''}`;
}

interface FailedStep {
  /** `step 2/3 (RUN pip install uv)`. */
  readonly title: string;
  /** The last line that it printed. */
  readonly output: string | undefined;
}

function failedStep(lines: readonly string[]): FailedStep | undefined {
  const start = lines.findLastIndex((line) => /^ > \[/.test(line));
  const [, number, command = ''] = /^ > \[(?:\S+ )?(\d+\/\d+)\] (.*?):?$/.exec(lines[start] ?? '') ?? [];
  if (number === undefined) return undefined;
  const end = lines.findIndex((line, index) => index > start && /^-{4,}$/.test(line));
  const printed = lines
    .slice(start + 1, end === -1 ? undefined : end)
    .map((line) => line.replace(/^\d+\.\d+ /, '').trim());
  const shortened = command.length > 40 ? `${command.slice(0, 39)}…` : command;
  return { title: `step ${number} (${shortened})`, output: printed.findLast((line) => line !== '') };
}

/** `buildctl-daemonless.sh` prints the daemon's log where that does not start. */
function startFailure(lines: readonly string[]): string | undefined {
  const header = lines.findIndex((line) => /^=+ log =+$/.test(line));
  const said = lines.slice(header + 1).find((line) => /^(?:buildkitd|error)\b|\berror: /i.test(line));
  if (header === -1 || said === undefined) return undefined;
  const cause = said.replace(/^\[rootlesskit:\w+ *\] error: /, '').replace(/^buildkitd: /, '');
  const forbidden = /operation not permitted|permission denied/i.test(cause);
  return `BuildKit does not start: ${cause}${forbidden ? ' (see ZENML_WORKSPACE_BUILDER_UNCONFINED)' : ''}`;
}

function pushFailure(error: string): string | undefined {
  const [, image, cause = ''] = /failed to push (\S+): (.*)$/.exec(error) ?? [];
  if (image === undefined) return undefined;
  const refused = /denied|unauthorized|forbidden|authorization failed|no basic auth|401|403/i.test(cause);
  return refused ? `the registry refuses the push of ${image}` : `${image} could not be pushed: ${cause}`;
}
