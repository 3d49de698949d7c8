/**
 * Measures how long it takes to make the manifests of the charts and the stack of each cloud, by their commands. It ends with
 * exit code 1 where `cdk8s synth` takes longer than 2 s, or `cdktf synth` of one stack longer than 10 s.
 *
 *   npm run bench:synthesis
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROUNDS = 5;
const root = fileURLToPath(new URL('..', import.meta.url));
const output = mkdtempSync(join(tmpdir(), 'bench-synthesis-'));

try {
  const late = [
    measure('cdk8s synth, examples/aws', ['cdk8s', 'synth', '--check-upgrade=false'], {
      ZENML_CHART_VALUES: 'examples/aws/values.yaml',
    }) > 2,
    measure('cdktf synth, examples/aws', ['cdktf', 'synth'], { ZENML_INFRA_CONFIG: 'examples/aws/infra.yaml' }) > 10,
    measure('cdktf synth, examples/gcp', ['cdktf', 'synth'], { ZENML_INFRA_CONFIG: 'examples/gcp/infra.yaml' }) > 10,
  ];
  process.exitCode = late.includes(true) ? 1 : 0;
} finally {
  rmSync(output, { recursive: true });
}

/** @returns the median of some rounds, in seconds */
function measure(what: string, [program = '', ...args]: readonly string[], variables: Record<string, string>): number {
  const command = [join(root, 'node_modules', '.bin', program), ...args, '--output', join(output, program)];
  const env = { ...process.env, ...variables, CHECKPOINT_DISABLE: '1' };
  const seconds = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    execFileSync(process.execPath, command, { cwd: root, env, stdio: 'pipe' });
    return (performance.now() - start) / 1000;
  }).sort((one, other) => one - other);
  const median = seconds[Math.floor(ROUNDS / 2)] ?? Number.NaN;
  console.log(`${what}: ${median.toFixed(1)} s (${seconds[0]?.toFixed(1)} to ${seconds.at(-1)?.toFixed(1)})`);
  return median;
}
