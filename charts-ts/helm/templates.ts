import { ApiObject, App } from 'cdk8s';
import { ServerChart } from '../src/server-chart.ts';
import type { Settings } from '../src/settings.ts';
import { addCondition, type Json, type Node, toNode } from './conditional.ts';
import { Marks } from './marks.ts';
import { MAKES_SERVER_NAMESPACE, makeSymbols, type Switch } from './symbols.ts';
import { TemplateWriter } from './template.ts';

/** Manifests by the paths of their constructs. */
function synthesize(settings: Settings): Map<string, Json> {
  const chart = new ServerChart(new App(), settings);
  return new Map(
    chart.node
      .findAll()
      .filter(ApiObject.isApiObject)
      .map((object): [string, Json] => [
        object.node.path
          .split('/')
          .slice(1)
          .join('-')
          .replace(/-object$/, ''),
        object.toJson(),
      ]),
  );
}

function without(settings: Settings, { path, off }: Switch): Settings {
  const copy = structuredClone(settings) as unknown as Record<string, unknown>;
  let parent = copy;
  for (const name of path.slice(0, -1)) parent = parent[name] as Record<string, unknown>;
  parent[path.at(-1) ?? ''] = off;
  return copy as unknown as Settings;
}

/** Makes the templates, and Helm's expression of the server's variables. */
export function makeTemplates(): { readonly templates: Map<string, string>; readonly variables: string } {
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

/**
 * Has Helm wait for the Job before it changes anything else. Before the first release there is neither a Secret from a store nor a
 * namespace that the chart makes: then the Job is a part of it.
 */
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
    conditions: [`not (and $.Release.IsInstall (or $.Values.secret.externalSecret ${MAKES_SERVER_NAMESPACE}))`],
    onlyOff: false,
  });
}
