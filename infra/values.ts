import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { CHART_VALUES_OUTPUT } from './src/chart-values.ts';
import { findConfig, readConfig } from './src/config/read-config.ts';

const usage = `Writes the values file of the charts from the outputs of a stack that was deployed.

  npm run values -w infra -- [--stack NAME] [--outputs FILE] [--output FILE]

  --stack NAME    the stack (default: that of the configuration, as cdktf takes it)
  --outputs FILE  what "cdktf deploy --outputs-file FILE" wrote; without it Terraform is asked
  --output FILE   where to write to (default: values.yaml); - writes to the standard output
`;

/** npm runs this in its workspace; paths are meant from where the user called it. */
const from = process.env['INIT_CWD'] ?? process.cwd();

type Outputs = Readonly<Record<string, unknown>>;

/** The outputs of a stack by Terraform, as values with their types. */
function askTerraform(stack: string): Outputs {
  const stacks = join(from, 'cdktf.out', 'stacks');
  if (!existsSync(join(stacks, stack))) {
    const others = existsSync(stacks) ? readdirSync(stacks).join(', ') : 'none';
    throw new Error(`cdktf.out has no stack ${stack}; it has ${others}: set --stack, or deploy it (npx cdktf deploy)`);
  }
  const outputs: Record<string, { value: unknown }> = JSON.parse(runTerraform(join(stacks, stack), 'output', '-json'));
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}

function runTerraform(directory: string, ...args: string[]): string {
  try {
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    return execFileSync('terraform', [`-chdir=${directory}`, ...args], { encoding: 'utf8', stdio: [...stdio] });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error('terraform is not on PATH: install it, or name a file of outputs (--outputs)', { cause: error });
    }
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : error;
    throw new Error(`Terraform gives no outputs: ${said}`, { cause: error });
  }
}

function readOutputs(path: string, stack: string): Outputs {
  const stacks = parseOutputs(path);
  const outputs = stacks[stack];
  if (outputs) return outputs;
  throw new Error(`${path} has no stack ${stack}; it has ${Object.keys(stacks).join(', ') || 'none'}: set --stack`);
}

function parseOutputs(path: string): Readonly<Record<string, Outputs>> {
  try {
    return JSON.parse(readFileSync(resolve(from, path), 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    const fix = `write it with "npx cdktf deploy --outputs-file ${path}"`;
    throw new Error(`${path} cannot be read as the outputs of stacks (${reason}): ${fix}`, { cause: error });
  }
}

function writeValues(): void {
  const options = {
    stack: { type: 'string' },
    outputs: { type: 'string' },
    output: { type: 'string', default: 'values.yaml' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values } = parseArgs({ options });
  if (values.help) return void process.stdout.write(usage);
  const { stack = readConfig(findConfig(from)).name, outputs: file } = values;
  const outputs = file === undefined ? askTerraform(stack) : readOutputs(file, stack);
  const chartValues = outputs[CHART_VALUES_OUTPUT];
  if (chartValues === undefined) {
    throw new Error(`The stack ${stack} has no output ${CHART_VALUES_OUTPUT} yet: deploy it (npx cdktf deploy)`);
  }
  const text = `# Written by "npm run values -w infra" from the outputs of the stack ${stack}.\n${stringify(chartValues)}`;
  if (values.output === '-') return void process.stdout.write(text);
  const path = resolve(from, values.output);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  process.stdout.write(`Wrote ${values.output}\n`);
}

try {
  writeValues();
} catch (error) {
  process.stderr.write(`No values are written: ${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exitCode = 1;
}
