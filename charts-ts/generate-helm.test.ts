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

test('every mark became an expression, and every value of values.yaml is used', () => {
  const templates = readdirSync(join(out, 'templates')).map((name) => read(join('templates', name)));
  const text = templates.join('\n');
  expect(text).not.toMatch(/helm\d+mark/);
  for (const path of ['server.image.repository', 'server.image.tag', 'server.replicas', 'server.resources.limits']) {
    expect(text).toContain(`.Values.${path}`);
  }
  for (const path of ['server.environment', 'secret.name', 'runners.serviceAccountAnnotations']) {
    expect(text).toContain(`.Values.${path}`);
  }
});

test('the schema of the Helm chart refuses unknown keys and no replicas', () => {
  const schema = JSON.parse(read('values.schema.json'));
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties.server.additionalProperties).toBe(false);
  expect(schema.properties.server.properties.replicas.minimum).toBe(1);
});
