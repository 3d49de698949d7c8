import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { writeHelpers } from './helm/helpers-file.ts';
import { schemaOfValues } from './helm/symbols.ts';
import { makeTemplates } from './helm/templates.ts';
import { writeValues } from './helm/values-file.ts';
import { SERVER } from './src/names.ts';
import { valuesSchema } from './src/values.ts';

/**
 * Writes a Helm chart from the same constructs. They are given marks for values, which become Helm's expressions. What they
 * decide is found by switching one thing off at a time: where the manifests differ then, a condition stands.
 */
const out = process.env['ZENML_HELM_OUTDIR'] ?? join('dist', 'helm', SERVER);

const version: string = JSON.parse(readFileSync(new URL('../server/package.json', import.meta.url), 'utf8')).version;
const { templates, variables } = makeTemplates();
// Helm sets `global`; the release has a namespace of its own.
const helmSchema = valuesSchema.extend({
  namespace: valuesSchema.shape.namespace.removeDefault().optional(),
  global: z.record(z.string(), z.unknown()).optional(),
});

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, 'templates'), { recursive: true });
const write = (name: string, text: string) => writeFileSync(join(out, name), text);
const about = { apiVersion: 'v2', name: SERVER, description: 'The workspace server for ZenML', type: 'application' };
write('Chart.yaml', stringify({ ...about, version, appVersion: version }));
const { namespace: _release, ...properties } = schemaOfValues().properties ?? {};
write('values.yaml', writeValues({ properties }));
write('values.schema.json', JSON.stringify(z.toJSONSchema(helmSchema, { io: 'input', target: 'draft-7' }), null, 2));
write('templates/_settings.tpl', writeHelpers(variables));
write('templates/NOTES.txt', readFileSync(new URL('helm/notes.txt', import.meta.url), 'utf8'));
write('templates/checks.yaml', '{{- include "zenml.checks" . -}}\n');
for (const [name, text] of templates) write(join('templates', name), text);
