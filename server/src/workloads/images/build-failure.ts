/*
 * Why BuildKit failed, from the end of its plain log: in it the output of the failed step stands between two lines of
 * dashes, and the last line begins with `error:`.
 */

/** Why a build failed. */
export interface BuildFailure {
  /** One short line, as far as the log says. */
  readonly cause: string;
  /** Whether another try may end otherwise: the network, or the registry at its work. */
  readonly mayPass: boolean;
}

/** @returns `undefined` where the log says nothing */
export function findBuildFailure(log: string): BuildFailure | undefined {
  const lines = log.split('\n').map((line) => line.trimEnd());
  const error = errorOf(lines);
  if (error === undefined) {
    const cause = startFailure(lines) ?? lines.findLast((line) => line.trim() !== '')?.trim();
    return cause === undefined ? undefined : { cause, mayPass: false };
  }
  const exitCode = /did not complete successfully: exit code: (\d+)/.exec(error)?.[1];
  if (exitCode !== undefined) return { cause: stepFailure(lines, exitCode), mayPass: false };
  return pushFailure(error) ?? { cause: error, mayPass: NETWORK.test(error) };
}

const NETWORK =
  /i\/o timeout|connection re(?:fused|set)|no such host|handshake timeout|unexpected EOF|: EOF$|status[^:]*: (?:429|50[0234])/i;

/** A registry's answer may have several lines. */
function errorOf(lines: readonly string[]): string | undefined {
  const start = lines.findLastIndex((line) => /^error: /i.test(line));
  if (start === -1) return undefined;
  const said = lines.slice(start).filter((line) => line !== '');
  return said.join(' ').replace(/^error: (?:failed to solve: )?/i, '');
}

function stepFailure(lines: readonly string[], exitCode: string): string {
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

function pushFailure(error: string): BuildFailure | undefined {
  const [, image, cause = ''] = /failed to push (\S+): (.*)$/.exec(error) ?? [];
  if (image === undefined) return undefined;
  const refused = /denied|unauthorized|forbidden|authorization failed|no basic auth|\b401\b|\b403\b/i.test(cause);
  if (refused) return { cause: `the registry refuses the push of ${image}`, mayPass: false };
  if (NO_REPOSITORY.test(cause)) {
    return { cause: `the registry has no repository for ${image}, and makes none: make it first`, mayPass: false };
  }
  return { cause: `${image} could not be pushed: ${cause}`, mayPass: true };
}

/** Uploads cannot even begin; other answers of status 404 are of uploads and blobs that got lost on their way. */
const NO_REPOSITORY = /name[ _]unknown|POST request to \S+: 404\b/i;
