import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject, App } from 'cdk8s';
import { stringify } from 'yaml';
import { z } from 'zod';
import { KNOWN_NAMES, OWN_PREFIX } from '../server/src/config/config.ts';
import { addCondition, type Json, type Node, toNode } from './helm/conditional.ts';
import { Marks } from './helm/marks.ts';
import { makeSymbols, type Switch, schemaOfValues } from './helm/symbols.ts';
import { TemplateWriter } from './helm/template.ts';
import { writeValues } from './helm/values-file.ts';
import { JSON_VARIABLES, SECRET_VARIABLES } from './src/load-values.ts';
import { SERVER, WORKLOADS } from './src/names.ts';
import { ServerChart } from './src/server-chart.ts';
import { DEFAULT_RUNNERS, type Settings } from './src/settings.ts';
import { valuesSchema } from './src/values.ts';

/**
 * Writes a Helm chart from the same constructs. They are given marks for values, which become Helm's expressions. What they
 * decide is found by switching one thing off at a time: where the manifests differ then, a condition stands.
 */
const out = process.env['ZENML_HELM_OUTDIR'] ?? join('dist', 'helm', SERVER);

/** Manifests by the paths of their constructs. */
function synthesize(settings: Settings): Map<string, Json> {
  const chart = new ServerChart(new App(), settings);
  return new Map(
    chart.node
      .findAll()
      .filter(ApiObject.isApiObject)
      .map((object): [string, Json] => [object.node.path.split('/').slice(1).join('-'), object.toJson()]),
  );
}

function without(settings: Settings, { path, off }: Switch): Settings {
  const copy = structuredClone(settings) as unknown as Record<string, unknown>;
  let parent = copy;
  for (const name of path.slice(0, -1)) parent = parent[name] as Record<string, unknown>;
  parent[path.at(-1) ?? ''] = off;
  return copy as unknown as Settings;
}

function makeTemplates(): { readonly templates: Map<string, string>; readonly variables: string } {
  // The order of a map's entries tells which of them wins.
  process.env['CDK8S_DISABLE_SORT'] = '1';
  const marks = new Marks();
  const writer = new TemplateWriter(marks);
  const { settings, switches, variables } = makeSymbols(marks, writer);
  const manifests = new Map(
    [...synthesize(settings)].map(([name, json]): [string, { node: Node; conditions: string[] }] => [
      name,
      { node: toNode(json), conditions: [] },
    ]),
  );
  for (const one of switches) {
    const less = synthesize(without(settings, one));
    for (const [name, manifest] of manifests) {
      const other = less.get(name);
      if (other === undefined) manifest.conditions.push(one.condition);
      else manifest.node = addCondition(manifest.node, other, one.condition);
    }
  }
  addHook(manifests.get('migration-job')?.node);
  const templates = new Map(
    [...manifests].map(([name, { node, conditions }]) => [`${name}.yaml`, writer.write(node, conditions)]),
  );
  return { templates, variables };
}

/** Has Helm wait for the Job before it changes anything else. A Secret from a store is not there before the first release. */
function addHook(job: Node | undefined): void {
  const metadata = job?.kind === 'map' ? job.entries.find(({ key }) => key === 'metadata')?.node : undefined;
  if (metadata?.kind !== 'map') throw new Error('There is no Job to make a hook of.');
  const annotations = {
    'helm.sh/hook': 'pre-install,pre-upgrade',
    // The last one is kept, for its log.
    'helm.sh/hook-delete-policy': 'before-hook-creation',
  };
  metadata.entries.push({
    key: 'annotations',
    node: toNode(annotations),
    conditions: ['not (and $.Release.IsInstall $.Values.secret.externalSecret)'],
    onlyOff: false,
  });
}

function writeHelpers(variables: string): string {
  const listed = (names: readonly string[]) => names.map((name) => `"${name}"`).join(' ');
  const parts: Record<string, string> = {
    variables,
    workloads: WORKLOADS,
    server: SERVER,
    runnersNamespace: DEFAULT_RUNNERS.namespace,
    runnersServiceAccount: DEFAULT_RUNNERS.serviceAccount,
    secretVariables: listed(SECRET_VARIABLES),
    jsonVariables: listed(JSON_VARIABLES),
    knownVariables: listed([...KNOWN_NAMES, ...SECRET_VARIABLES]),
    ownPrefix: `\`${OWN_PREFIX.source}\``,
  };
  const text = readFileSync(new URL('helm/settings.tpl', import.meta.url), 'utf8');
  return text.replace(/@(\w+)@/g, (_all, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`settings.tpl: @${name}@ is not known.`);
    return part;
  });
}

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
write('templates/checks.yaml', '{{- include "zenml.checks" . -}}\n');
for (const [name, text] of templates) write(join('templates', name), text);
