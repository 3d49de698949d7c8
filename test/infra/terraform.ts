import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import type { Mirror } from './provider.ts';

const run = promisify(execFile);
const OUTPUT_LIMIT = 64 * 1024 * 1024;

/** What a run of Terraform printed, with its exit code. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/**
 * Variables under which Terraform takes providers from a mirror alone.
 * @param directory made where it is not there; it takes a file of settings
 */
export function mirrorVariables(directory: string, { path }: Mirror): Record<string, string> {
  mkdirSync(directory, { recursive: true });
  const settings = join(directory, 'terraform.rc');
  writeFileSync(settings, `provider_installation {\n  filesystem_mirror {\n    path = "${path}"\n  }\n}\n`);
  return { CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: settings, TF_IN_AUTOMATION: '1' };
}

/** Terraform in a folder of its own, with providers from a mirror alone. */
export class Terraform {
  readonly #program: string;
  readonly #directory: string;
  /** What Terraform is run with, by others too. */
  readonly environment: NodeJS.ProcessEnv;

  constructor(program: string, directory: string, mirror: Mirror, environment: Record<string, string> = {}) {
    this.#program = program;
    this.#directory = directory;
    this.environment = { ...process.env, ...mirrorVariables(directory, mirror), ...environment };
  }

  /** Puts a synthesized stack into the folder, in the place of the one before. */
  use(stack: unknown): void {
    writeFileSync(join(this.#directory, 'cdk.tf.json'), JSON.stringify(stack, null, 2));
  }

  /** Runs a command, whatever comes of it. */
  async try(...args: string[]): Promise<Ended> {
    const options = { cwd: this.#directory, env: this.environment, maxBuffer: OUTPUT_LIMIT };
    try {
      const { stdout, stderr } = await run(this.#program, [...args, '-no-color'], options);
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && typeof error.code === 'number')) throw error;
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      return { code: error.code, output: stdout + stderr };
    }
  }

  /** Runs a command that must succeed. @returns what it printed */
  async do(...args: string[]): Promise<string> {
    const { code, output } = await this.try(...args);
    if (code !== 0) throw new Error(`terraform ${args.join(' ')} ended with ${code}:\n${output}`);
    return output;
  }

  /** The outputs of what was applied. */
  async outputs(): Promise<Record<string, unknown>> {
    const printed: Record<string, { value: unknown }> = JSON.parse(await this.do('output', '-json'));
    return Object.fromEntries(Object.entries(printed).map(([name, { value }]) => [name, value]));
  }

  /** Plans. @returns the path of the plan as JSON */
  async writePlan(): Promise<string> {
    await this.do('plan', '-out=saved.plan', '-input=false', '-parallelism=20');
    const file = join(this.#directory, 'plan.json');
    writeFileSync(file, await this.do('show', '-json', 'saved.plan'));
    return file;
  }

  /** What applying once more would change: the names of arguments, by the type of their resource. */
  async plannedChanges(): Promise<Record<string, string[]>> {
    const plan: Plan = JSON.parse(readFileSync(await this.writePlan(), 'utf8'));
    const changes: Record<string, string[]> = {};
    for (const { type, change } of plan.resource_changes ?? []) {
      if (change.actions.every((action) => action === 'no-op' || action === 'read')) continue;
      const { before, after } = change;
      const names = Object.keys({ ...before, ...after }).filter(
        (name) => !isDeepStrictEqual(before?.[name], after?.[name]),
      );
      changes[type] = [...new Set([...(changes[type] ?? []), ...names])].sort();
    }
    return changes;
  }
}

/** A plan as `terraform show -json` gives it. */
interface Plan {
  readonly resource_changes?: readonly {
    readonly type: string;
    readonly change: {
      readonly actions: readonly string[];
      readonly before: Readonly<Record<string, unknown>> | null;
      readonly after: Readonly<Record<string, unknown>> | null;
    };
  }[];
}
