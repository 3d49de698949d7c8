import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOrFail } from '../../tools/bootstrap/process.mjs';
import { type Moto, startMoto } from './moto.ts';
import type { Tools } from './provider.ts';
import { accountVariables, REGION } from './stack-on-moto.ts';
import { forMoto } from './synthesize.ts';
import { mirrorVariables } from './terraform.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OWN_LOCKS = ['--skip-synth', '--skip-provider-lock', '--auto-approve'];

/** A stack that is made and taken away by cdktf's own commands, in an account of its own: one for a database that is there. */
export class CommandedStack {
  readonly #moto: Moto;
  readonly #directory: string;
  readonly #variables: Record<string, string>;
  readonly #version: string;

  private constructor(moto: Moto, network: object, { mirror }: Tools) {
    this.#moto = moto;
    this.#version = mirror.version;
    this.#directory = mkdtempSync(join(tmpdir(), 'cdktf-'));
    const configuration = join(this.#directory, 'infra.yaml');
    const state = { backend: 'local', path: join(this.#directory, 'state.json') };
    const database = { existing: { host: 'mysql.example.com' } };
    writeFileSync(configuration, JSON.stringify({ cloud: 'aws', protectData: false, state, network, database }));
    this.#variables = {
      ...mirrorVariables(this.#directory, mirror),
      ...accountVariables(moto),
      ZENML_INFRA_CONFIG: configuration,
      INIT_CWD: this.#directory,
    };
  }

  /** Makes the account, with a network. */
  static async open(tools: Tools): Promise<CommandedStack> {
    const moto = await startMoto(process.env['ZENML_TEST_PYTHON'] ?? 'python3');
    try {
      return new CommandedStack(moto, await moto.makeNetwork(REGION), tools);
    } catch (error) {
      await moto.stop();
      throw error;
    }
  }

  #run(node: string, script: string, ...args: string[]): Promise<string> {
    const path = `${dirname(node)}${delimiter}${process.env['PATH']}`;
    const env = { ...process.env, ...this.#variables, PATH: path };
    return runOrFail(node, [join(ROOT, script), ...args], { cwd: ROOT, env });
  }

  #cdktf(node: string, ...args: string[]): Promise<string> {
    return this.#run(node, 'node_modules/.bin/cdktf', ...args, '--output', join(this.#directory, 'cdktf.out'));
  }

  /** `cdktf deploy`, with the outputs in a file. @param node the Node that runs it */
  async deploy(node: string): Promise<void> {
    await this.#cdktf(node, 'synth');
    const file = join(this.#directory, 'cdktf.out', 'stacks', 'zenml', 'cdk.tf.json');
    writeFileSync(file, JSON.stringify(forMoto(JSON.parse(readFileSync(file, 'utf8')), this.#version)));
    await this.#cdktf(node, 'deploy', 'zenml', ...OWN_LOCKS, '--outputs-file', join(this.#directory, 'outputs.json'));
  }

  /** `npm run values` from that file. @returns the values file */
  async writeValues(node: string): Promise<string> {
    await this.#run(node, 'infra/values.ts', '--outputs', 'outputs.json');
    return readFileSync(join(this.#directory, 'values.yaml'), 'utf8');
  }

  /** `cdktf destroy`. @returns what Terraform says at the end */
  destroy(node: string): Promise<string> {
    return this.#cdktf(node, 'destroy', 'zenml', ...OWN_LOCKS);
  }

  async close(): Promise<void> {
    await this.#moto.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
