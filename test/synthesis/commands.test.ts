import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { capture } from '../../tools/bootstrap/process.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const nodes = (process.env['ZENML_TEST_NODES'] ?? process.execPath).split(delimiter);
const stacks = ['infra/default.yaml', ...findExamples()];
const directory = mkdtempSync(join(tmpdir(), 'synthesis-'));
after(() => rmSync(directory, { recursive: true }));

function findExamples(): string[] {
  const files = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => /[\\/]infra\.yaml$/.test(file)).map((file) => join('examples', file));
}

/** What runs a program without a network, where the machine can do that. */
async function findCage(): Promise<readonly string[]> {
  const cage = ['unshare', '--map-root-user', '--net'];
  const works = await capture('unshare', [...cage.slice(1), 'true']).then(
    ({ code }) => code === 0,
    () => false,
  );
  return works ? cage : [];
}

/** Runs a program of the repository as `npx` does for who uses this Node. */
async function tryNpx(node: string, [program = '', ...args]: readonly string[], variables: Record<string, string>) {
  const [command = '', ...rest] = [...(await findCage()), node, join(root, 'node_modules', '.bin', program), ...args];
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH']}`, ...variables };
  return capture(command, rest, { cwd: root, env });
}

async function npx(...args: Parameters<typeof tryNpx>): Promise<void> {
  const { code, output } = await tryNpx(...args);
  assert.equal(code, 0, output);
}

test('cdktf synth refuses a configuration that cannot work with its path and what mends it, and writes nothing', async () => {
  const [wrong, output] = [join(directory, 'wrong.yaml'), join(directory, 'nothing')];
  writeFileSync(wrong, 'cloud: aws\ndatabase: { multiAz: "yes" }\n');
  const variables = { ZENML_INFRA_CONFIG: wrong, CHECKPOINT_DISABLE: '1' };
  const refused = await tryNpx(nodes.at(-1) ?? '', ['cdktf', 'synth', '--output', output], variables);
  assert.notEqual(refused.code, 0);
  assert.match(refused.output, /database\.multiAz: .* write a boolean/);
  assert.equal(existsSync(join(output, 'stacks')), false);
});

for (const node of nodes) {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  describe(`on Node ${version}`, () => {
    // Each takes seconds of work: all of them with one Node, the first with each.
    for (const [index, configuration] of (node === nodes.at(-1) ? stacks : stacks.slice(0, 1)).entries()) {
      test(`cdktf synth makes the stack of ${configuration}`, async () => {
        const output = join(directory, `${version}-${index}`);
        const variables = { ZENML_INFRA_CONFIG: configuration, CHECKPOINT_DISABLE: '1' };
        await npx(node, ['cdktf', 'synth', '--output', output], variables);
        const file = join(output, 'stacks', 'zenml', 'cdk.tf.json');
        assert.ok(Object.keys(JSON.parse(readFileSync(file, 'utf8')).resource).length > 10);
      });
    }

    test('cdk8s synth makes the manifests', async () => {
      const output = join(directory, `${version}-manifests`);
      await npx(node, ['cdk8s', 'synth', '--output', output, '--check-upgrade=false'], {
        ZENML_CHART_VALUES: 'examples/aws/values.yaml',
      });
      assert.match(readFileSync(join(output, 'zenml-workspace-server.yaml'), 'utf8'), /^kind: Deployment$/m);
    });
  });
}
