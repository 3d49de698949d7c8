import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('values.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'values-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs the command in a folder of its own, without Terraform. @returns its exit code and what it says */
function run(...args: string[]): [number | null, string] {
  const env = { ...process.env, INIT_CWD: directory, PATH: '' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8' });
  const [said = ''] = `${stdout}${stderr}`.split('\n');
  return [status, said];
}

function write(path: string, text: string): void {
  writeFileSync(join(directory, path), text);
}

describe('the command that writes the values of the charts', () => {
  test('takes the stack of the configuration from a file of outputs', () => {
    write('infra.yaml', 'cloud: aws\nname: production\n');
    write('outputs.json', JSON.stringify({ production: { chart_values: { namespace: 'zenml' } } }));
    expect(run('--outputs', 'outputs.json', '--output', 'made/values.yaml')).toEqual([0, 'Wrote made/values.yaml']);
    expect(readFileSync(join(directory, 'made/values.yaml'), 'utf8')).toMatch(
      /^# Written by .*production\.\nnamespace: zenml\n$/,
    );
  });

  test('says what is missing, and what mends it', () => {
    const refused = (text: RegExp) => [1, expect.stringMatching(text)];
    expect(run('--outputs', 'none.json')).toEqual(
      refused(
        /^No values are written: none\.json cannot be read as the outputs of stacks \(ENOENT.*\): write it with "npx cdktf/,
      ),
    );
    write('torn.json', '{"production": ');
    expect(run('--outputs', 'torn.json')).toEqual(refused(/torn\.json cannot be read as the outputs of stacks/));
    expect(run('--outputs', 'outputs.json', '--stack', 'other')).toEqual(
      refused(/outputs\.json has no stack other; it has production: set --stack$/),
    );
    write('early.json', JSON.stringify({ production: { vpc_id: 'vpc-0a' } }));
    expect(run('--outputs', 'early.json')).toEqual(
      refused(/The stack production has no output chart_values yet: deploy it \(npx cdktf deploy\)$/),
    );
    expect(run()).toEqual(refused(/cdktf\.out has no stack production; it has none: set --stack, or deploy it/));
    mkdirSync(join(directory, 'cdktf.out', 'stacks', 'production'), { recursive: true });
    expect(run()).toEqual(refused(/terraform is not on PATH: install it, or name a file of outputs/));
    write('infra.yaml', 'cloud: aws\nnam: production\n');
    expect(run()).toEqual(refused(/nam: is not known; remove it or mend its name/));
  });
});
