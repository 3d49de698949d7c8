import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

const out = join(mkdtempSync(join(tmpdir(), 'charts-helm-')), 'chart');
const read = (name: string) => readFileSync(join(out, name), 'utf8');

beforeAll(() => {
  const script = new URL('./generate-helm.ts', import.meta.url).pathname;
  const env = { ...process.env, NODE_OPTIONS: '', ZENML_HELM_OUTDIR: out };
  const { status, stderr } = spawnSync(process.execPath, [script], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
});

afterAll(() => rmSync(join(out, '..'), { recursive: true }));

test('the Helm chart has the version of the server', () => {
  const { version } = JSON.parse(readFileSync(new URL('../server/package.json', import.meta.url), 'utf8'));
  expect(parse(read('Chart.yaml'))).toMatchObject({ version, appVersion: version });
});

test('every mark became an expression, and every value is used', () => {
  const templates = readdirSync(join(out, 'templates')).map((name) => read(join('templates', name)));
  const text = templates.join('\n');
  expect(text).not.toMatch(/helm\d+mark|@\w+@/);
  const unused = pathsOf(JSON.parse(read('values.schema.json'))).filter((path) => !text.includes(`.Values.${path}`));
  expect(unused).toEqual(['$schema', 'zenml.environment', 'global']);
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

function pathsOf({ properties = {} }: Schema): string[] {
  return Object.entries(properties).flatMap(([name, schema]) =>
    schema.properties ? pathsOf(schema).map((path) => `${name}.${path}`) : [name],
  );
}

test('values.yaml has every default that a values file may leave out', () => {
  expect(parse(read('values.yaml'))).toMatchObject({ server: { replicas: 2 }, autoscaling: { enabled: true } });
  expect(read('values.yaml')).toMatch(/\n# ingress:\n# {3}# .*\n# {3}host:\n/);
});

test('the schema of the Helm chart refuses unknown keys and no replicas', () => {
  const schema = JSON.parse(read('values.schema.json'));
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties.server.additionalProperties).toBe(false);
  expect(schema.properties.server.properties.replicas.minimum).toBe(1);
});
