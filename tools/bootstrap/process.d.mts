/** What the tests that are written in TypeScript use of process.mjs. */
export function findProgram(names: readonly string[], otherDirectories?: readonly string[]): string | undefined;
export function capture(
  command: string,
  args: readonly string[],
  options?: { cwd?: string; env?: NodeJS.ProcessEnv },
): Promise<{ code: number; output: string }>;
export function runOrFail(
  command: string,
  args: readonly string[],
  options?: { cwd?: string; env?: NodeJS.ProcessEnv; what?: string },
): Promise<string>;
export function tail(path: string, lines?: number): string;
export function freePort(): Promise<number>;
export class Companion {
  constructor(
    name: string,
    command: string,
    args: readonly string[],
    options: { log: string; cwd?: string; env?: NodeJS.ProcessEnv; echoErrors?: boolean; disposable?: string },
  );
  readonly pid: number | undefined;
  readonly running: boolean;
  readonly exited: Promise<number>;
  stop(graceMilliseconds?: number): Promise<number>;
}
