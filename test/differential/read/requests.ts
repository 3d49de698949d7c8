import { isObject, type JsonObject } from '../../servers/json.ts';
import { type Operation, operations, type Parameter, resolve } from '../operations.ts';
import { type Harvest, valuesOf } from './harvest.ts';
import { conditions, fallback, kindOf } from './values.ts';

const unknownId = '00000000-0000-4000-8000-000000000000';
const pagingNames = new Set(['sort_by', 'logical_operator', 'page', 'size', 'hydrate']);

/** Sorts by what a resource has no column for, as some resources allow. */
const relatedSorts = [
  'stack',
  'pipeline',
  'user',
  'project',
  'model',
  'tag',
  'latest_run',
  'latest_version',
  'snapshot',
];

/** Operations whose answer is made anew each time or that read what lies outside the database. */
const left = [
  /\/(api_token|logout|load-info|events\/stream|download-token)$/,
  /\/stack-deployment\//,
  /\/service_connectors\/(resources|full_stack_resources)$/,
  /\/service_connectors\/\{connector_id\}\/client$/,
  /\/workspaces\/\{project_name_or_id\}\/resources$/,
];

/**
 * The requests that read a seeded server: every GET of the contract, for every entity and every filter field.
 * @param full every operator on every field; else a part, the same each time, in which each operator and each field occurs
 */
export function readRequests(found: Harvest, full: boolean): string[] {
  const asked = operations.filter(
    ({ method, path }) => method === 'GET' && !left.some((pattern) => pattern.test(path)),
  );
  const requests = asked.flatMap((operation) =>
    pathsOf(operation, found).flatMap(({ path, known }, index) => {
      const isList = operation.parameters.some(({ name }) => name === 'size');
      if (!isList) return detailRequests(operation, path);
      if (!known) return [path];
      return listRequests(operation, path, found, full && index === 0 ? 'full' : index === 0 ? 'part' : 'first');
    }),
  );
  return [...new Set(requests)];
}

/** The paths of an operation: its parameters filled with what is there, and with what is not. */
function pathsOf(operation: Operation, found: Harvest): { path: string; known: boolean }[] {
  const parameter = /^(.*?)\/\{([^}]+)\}/.exec(operation.path);
  if (parameter === null) return [{ path: operation.path, known: true }];
  const [matched, collection = '', name = ''] = parameter;
  const rest = operation.path.slice(matched.length);
  const items = found.get(collection.replace('/workspaces', '/projects')) ?? [];
  const takesName = name.includes('name');
  const several = rest === '' ? items.slice(0, 12) : items.slice(0, 4);
  const known = several.map((item, index) => String((takesName && index % 2 === 0 && item['name']) || item['id']));
  const nested = (value: string): { path: string; known: boolean }[] => {
    const start = `${collection}/${encodeURIComponent(value)}`;
    if (!rest.includes('{')) return [{ path: start + rest, known: true }];
    return [{ path: start + rest.replace(/\{[^}]+\}/g, unknownId), known: true }];
  };
  const wrong = [unknownId, 'no-such-thing'].map((value) => ({
    path: `${collection}/${value}${rest.replace(/\{[^}]+\}/g, unknownId)}`,
    known: false,
  }));
  return [...known.flatMap(nested), ...wrong];
}

/** A detail with each of its parameters in each of its meanings. */
function detailRequests(operation: Operation, path: string): string[] {
  const single = operation.parameters
    .filter((parameter) => parameter.in === 'query')
    .flatMap((parameter) => {
      if (kindOf(parameter) === 'boolean') return ['true', 'false'].map((value) => `${parameter.name}=${value}`);
      const allowed = resolve(parameter.schema).enum;
      if (allowed !== undefined) return allowed.map((value) => `${parameter.name}=${value}`);
      return parameter.required ? [`${parameter.name}=docker`] : [];
    });
  return [path, ...single.map((query) => `${path}?${query}`)];
}

function listRequests(operation: Operation, path: string, found: Harvest, extent: 'full' | 'part' | 'first'): string[] {
  const pages = ['', 'hydrate=true', 'size=2&page=2', 'size=1&page=1&hydrate=true'];
  if (extent === 'first') return pages.map((query) => `${path}?${query}`);
  const alias = operation.path.includes('/workspaces/');
  const fields = operation.parameters.filter(({ in: place, name }) => place === 'query' && !pagingNames.has(name));
  const edges = [
    'page=0',
    'size=0',
    'size=10001',
    'page=abc',
    'page=1000',
    'hydrate=banana',
    'logical_operator=xor',
    'unknown=1',
  ];
  const paging = alias && extent === 'part' ? pages.slice(0, 2) : [...pages, ...edges];
  const items = itemsOf(operation, found);
  const queries = [
    ...paging,
    ...sorts(fields, extent === 'full', alias),
    ...(alias && extent === 'part' ? [] : combined(fields, items)),
    ...fields.flatMap((field, index) => filters(field, index, items, extent === 'full', alias)),
  ];
  return queries.map((query) => `${path}?${query}`);
}

function itemsOf(operation: Operation, found: Harvest): JsonObject[] {
  const collection = operation.path.split('/').at(-1);
  return found.get(`/api/v1/${collection}`)?.filter(isObject) ?? [];
}

function sorts(fields: Parameter[], full: boolean, alias: boolean): string[] {
  const names = ['id', 'created', 'updated', ...fields.map(({ name }) => name), ...relatedSorts];
  const all = [...new Set(names)].flatMap((name, index) => {
    const both = [`desc:${name}`, `asc:${name}`, name];
    return full ? both : both.slice(index % 2, (index % 2) + 1);
  });
  const wrong = ['foo:name', 'no_such_field', 'desc:'];
  return (alias && !full ? ['desc:created'] : [...all, ...wrong]).map(
    (sort) => `sort_by=${encodeURIComponent(sort)}&size=${relatedSorts.includes(sort.replace(/^.*:/, '')) ? 100 : 5}`,
  );
}

/** Two conditions at once, joined by either operator. */
function combined(fields: Parameter[], items: JsonObject[]): string[] {
  const names = fields.map(({ name }) => name);
  const name = names.includes('name') ? valuesOf(items[0] ?? {}, 'name')[0] : undefined;
  if (name === undefined) return [];
  const one = `name=${encodeURIComponent(name)}`;
  const other = `created=${encodeURIComponent('gt:2020-01-01 00:00:00')}`;
  return ['and', 'or'].flatMap((operator) => [
    `${one}&${other}&logical_operator=${operator}&size=4`,
    `${one}&id=${unknownId}&logical_operator=${operator}&size=4`,
  ]);
}

/** How many of a field's conditions the shorter run asks. */
const partPerField = 3;

function filters(field: Parameter, index: number, items: JsonObject[], full: boolean, alias: boolean): string[] {
  const values = [...new Set(items.flatMap((item) => valuesOf(item, field.name)))];
  const kind = kindOf(field);
  const value = values[index % Math.max(values.length, 1)] ?? fallback[kind];
  const all = field.name === 'run_metadata' ? metadataConditions : conditions(kind, value, values.at(-1) ?? value);
  const count = alias ? 1 : partPerField;
  // The first condition, equality, always; the others in turn, so that each operator is asked of some field.
  const chosen = full
    ? all
    : all.filter((_, at) => at === 0 || (at - index * 7) % Math.ceil(all.length / (count - 1 || 1)) === 0);
  return chosen.slice(0, full ? undefined : count).map((condition) => {
    const query = condition.map((part) => `${field.name}=${encodeURIComponent(part)}`).join('&');
    return `${query}&size=3`;
  });
}

const metadataConditions = [
  ['accuracy:0.9'],
  ['accuracy:gt:0.5'],
  ['accuracy:lt:0.5'],
  ['epochs:gte:10'],
  ['note:good'],
  ['note:contains:oo'],
  ['note:oneof:["good"]'],
  ['nothing:1'],
  ['accuracy'],
  ['final:true'],
  ['layers:contains:1'],
  ['accuracy:isnull:'],
  ['accuracy:0.9', 'note:good'],
];
