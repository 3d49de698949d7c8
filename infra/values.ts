import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { CHART_VALUES_OUTPUT } from './src/chart-values.ts';

const usage = `Writes the values file of the charts from the outputs of a stack that was deployed.

  npm run values -w infra -- [--stack NAME] [--outputs FILE] [--output FILE]

  --stack NAME    the stack (default: zenml)
  --outputs FILE  what "cdktf deploy --outputs-file FILE" wrote; without it Terraform is asked
  --output FILE   where to write to (default: values.yaml); - writes to the standard output
`;

/** npm runs this in its workspace; paths are meant from where the user called it. */
const from = process.env['INIT_CWD'] ?? process.cwd();

/** The outputs of a stack by Terraform, as values with their types. */
function askTerraform(stack: string): Record<string, unknown> {
  const directory = join(from, 'cdktf.out', 'stacks', stack);
  const printed = execFileSync('terraform', [`-chdir=${directory}`, 'output', '-json'], { encoding: 'utf8' });
  const outputs: Record<string, { value: unknown }> = JSON.parse(printed);
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}

function readOutputs(path: string, stack: string): Record<string, unknown> {
  const stacks: Record<string, Record<string, unknown>> = JSON.parse(readFileSync(resolve(from, path), 'utf8'));
  const outputs = stacks[stack];
  if (outputs) return outputs;
  throw new Error(`${path} has no stack ${stack}; it has ${Object.keys(stacks).join(', ') || 'none'}: set --stack`);
}

function writeValues(): void {
  const options = {
    stack: { type: 'string', default: 'zenml' },
    outputs: { type: 'string' },
    output: { type: 'string', default: 'values.yaml' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values } = parseArgs({ options });
  if (values.help) return void process.stdout.write(usage);
  const { stack, outputs: file } = values;
  const outputs = file === undefined ? askTerraform(stack) : readOutputs(file, stack);
  const chartValues = outputs[CHART_VALUES_OUTPUT];
  if (chartValues === undefined) throw new Error(`The stack ${stack} has no outputs yet; deploy it: npx cdktf deploy`);
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
