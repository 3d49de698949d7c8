/*
 * Why BuildKit failed, from the end of its plain log: in it the output of the failed step stands between two lines of
 * dashes, and the last line begins with `error:`.
 */

/** @returns the cause in one short line, as far as the log says */
export function causeOfBuildFailure(log: string): string | undefined {
  const lines = log.split('\n').map((line) => line.trimEnd());
  const error = lines.findLast((line) => /^error: /i.test(line))?.replace(/^error: (?:failed to solve: )?/i, '');
  if (error === undefined) return lines.findLast((line) => line.trim() !== '')?.trim();
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

function pushFailure(error: string): string | undefined {
  const [, image, cause = ''] = /failed to push (\S+): (.*)$/.exec(error) ?? [];
  if (image === undefined) return undefined;
  const refused = /denied|unauthorized|forbidden|authorization failed|no basic auth|401|403/i.test(cause);
  return refused ? `the registry refuses the push of ${image}` : `${image} could not be pushed: ${cause}`;
}
