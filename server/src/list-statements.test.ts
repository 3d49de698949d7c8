import { readContract } from './contract/document.ts';
import { listOperations } from './contract/operation-index.ts';
import { workspaceAliases } from './contract/workspace-aliases.ts';
import type { Statement } from './database/database.ts';
import { toDatabaseId } from './database/ids.ts';
import { findWideParts, type WidePart } from './testing/explain.ts';
import { multiply } from './testing/multiply.ts';
import { createOneOfEverything } from './testing/one-of-everything.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

/** Of everything there is. */
const COPIES = 1_000;

let server: TestServer;
let pathOf: (template: string) => string;

beforeAll(async () => {
  server = await startTestServer();
  const ids = await createOneOfEverything(server);
  pathOf = (template) =>
    template.replace('/api/v1', '').replace(/\{(\w+)\}/g, (_, name: keyof typeof ids) => ids[name]);
  const { db } = server.database;
  const kept = [server.projectId, server.userId].map(toDatabaseId);
  await multiply(db, { copies: COPIES, kept });
  // What is listed below one run, model or account needs company there.
  for (const [table, column, id, changed] of [
    ['step_run', 'pipeline_run_id', ids.run_id, ['version']],
    ['model_version', 'model_id', ids.model_name_or_id, ['name', 'number', 'producer_run_id_if_numeric']],
    ['api_key', 'service_account_id', ids.service_account_id, ['name']],
  ] as const) {
    const value = toDatabaseId(id);
    const only = { table, column, value, changed };
    await multiply(db, { copies: 40, first: COPIES + 1, kept: [...kept, value], only });
  }
}, 120_000);
afterAll(() => server.stop());

/** Every operation of the contract that answers pages, but for the old names of some. */
function listPaths(): string[] {
  const operations = listOperations(readContract());
  const aliases = workspaceAliases(operations);
  const lists = operations.filter(
    ({ id, method, parameters }) =>
      method === 'GET' && !aliases.has(id) && parameters.some(({ name }) => name === 'size'),
  );
  return lists.map(({ path }) => path).filter((path) => !NOT_OFFERED.includes(path));
}

/** Resource pools are a part of ZenML Pro. */
const NOT_OFFERED = ['/api/v1/resource_requests'];

interface Listed {
  readonly length: number;
  readonly statements: readonly Statement[];
}

async function listed(template: string, query: string): Promise<Listed> {
  server.database.takeStatements();
  const { status, body } = await server.call<unknown[] | { items: unknown[] }>('GET', `${pathOf(template)}?${query}`);
  expect([template, status, status === 200 ? '' : body]).toEqual([template, 200, '']);
  const { length } = Array.isArray(body) ? body : body.items;
  return { length, statements: server.database.takeStatements().filter(({ sql }) => isOfTheList(sql)) };
}

/** Other statements depend on the time: the project is looked up where it has not been for 2 s, activity is noted. */
const isOfTheList = (sql: string): boolean =>
  /^select /i.test(sql) && !/^select `id`, `name` from `project` where `(id|name)` = \?$/.test(sql);

/** How often each statement is sent, whatever the number of its values. */
function countKinds(statements: readonly Statement[]): Map<string, number> {
  const kinds = new Map<string, number>();
  for (const { sql } of statements) {
    const kind = sql.replace(/\(\?(, \?)*\)/g, '(…)').replace(/\s+/g, ' ');
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return kinds;
}

/** Tables whose lists sort or count them in whole all the same: they do not grow with the runs that are made. */
const ALLOWED: Readonly<Record<string, string>> = {
  artifact: 'names that code gives',
  auth_devices: 'one of each machine that somebody logs in from',
  code_repository: 'names that people give',
  deployment: 'names that people give',
  flavor: 'kinds of components',
  model: 'names that people give',
  model_versions_artifacts: 'clients ask for the links of one model version, and then its index is read',
  model_versions_runs: 'clients ask for the links of one model version, and then its index is read',
  pipeline: 'names that code gives',
  project: 'names that people give',
  run_template: 'names that people give',
  schedule: 'names that people give',
  secret: 'names that people give',
  service: 'one of each model that is served',
  service_connector: 'names that people give',
  stack: 'names that people give',
  stack_component: 'names that people give',
  tag: 'names that code gives',
  trigger: 'names that people give',
  user: 'people and service accounts',
  webhook: 'names that people give',
};

const isAllowed = ({ table, statement }: WidePart): boolean =>
  table in ALLOWED && /^select (`\w+`\.`id` as id|count\(\*\) as total) from /.test(statement);

/** The most kinds of one thing that were made, each with what the others may lack, such as types of components. */
const KINDS = 4;

describe.each(listPaths())('%s', (template) => {
  test.each(['false', 'true'])(
    'hydrate=%s: a page of 30 takes the statements that pages of 1 take',
    async (hydrate) => {
      const order = `sort_by=desc:created&hydrate=${hydrate}`;
      const ofOne = new Map<string, number>();
      for (let page = 1; page <= KINDS; page++) {
        const { length, statements } = await listed(template, `size=1&page=${page}&${order}`);
        expect(length).toBe(1);
        for (const [kind, count] of countKinds(statements)) ofOne.set(kind, Math.max(ofOne.get(kind) ?? 0, count));
      }
      const { length, statements } = await listed(template, `size=30&${order}`);
      expect(length).toBe(30);
      expect(Object.fromEntries(countKinds(statements))).toEqual(Object.fromEntries(ofOne));
    },
  );

  test.each(['created', 'desc:created'])('%s: no statement reads or sorts a table that grows', async (order) => {
    const { statements } = await listed(template, `size=20&hydrate=true&sort_by=${order}`);
    const wide = [];
    for (const statement of statements) wide.push(...(await findWideParts(server.database.db, statement)));
    expect(wide.filter((part) => !isAllowed(part))).toEqual([]);
  });
});

/** Lists that grow with every run. */
const GROWING = [
  'runs',
  'steps',
  'artifact_versions',
  'pipeline_snapshots',
  'model_versions',
  'hook_invocations',
  'pipeline_builds',
  'run_wait_conditions',
];

test.each(GROWING)(
  '%s: whatever they are filtered by, a page is found without reading or sorting them all',
  async (list) => {
    const template = `/api/v1/${list}`;
    const newest = await server.call<{ items: Shown[] }>('GET', `/${list}?size=1&sort_by=desc:created&hydrate=true`);
    const values = filterValues(newest.body.items[0]);
    const wide = [];
    let filters = 0;
    const conditions = filtersOf(template).flatMap((name) => {
      const value = values.get(name) ?? values.get('id') ?? '';
      return [value, `contains:${value.slice(1, 4)}`].map((condition) => [name, condition] as const);
    });
    for (const [name, condition] of conditions) {
      const query = `${name}=${encodeURIComponent(condition)}`;
      server.database.takeStatements();
      const { status } = await server.call('GET', `/${list}?size=20&sort_by=desc:created&${query}`);
      if (status === 200) filters++;
      for (const statement of server.database.takeStatements()) {
        // All that fit are counted, which takes reading them where no index has what they are filtered by.
        if (!isOfTheList(statement.sql) || statement.sql.startsWith('select count(*)')) continue;
        for (const part of await findWideParts(server.database.db, statement)) wide.push({ query, ...part });
      }
    }
    expect(wide.filter((part) => !isPartOfLinkedId(part))).toEqual([]);
    expect(filters).toBeGreaterThan(14);
  },
);

/** No index finds the models that runs and artifacts are linked to by a part of an id, and nobody looks for them so. */
const isPartOfLinkedId = ({ table, query }: { table: string; query: string }): boolean =>
  ['model_versions_runs', 'link'].includes(table) && /^(linked_to_)?model(_version_id)?=contains/.test(query);

const PAGING = ['size', 'page', 'hydrate', 'sort_by', 'logical_operator', 'project'];

function filtersOf(template: string): string[] {
  const operation = listOperations(readContract()).find(({ method, path }) => method === 'GET' && path === template);
  const parameters = operation?.parameters.filter(({ in: place, name }) => place === 'query' && !PAGING.includes(name));
  return (parameters ?? []).map(({ name }) => name);
}

/** What fits the newest one of a list. */
function filterValues({ id = '', name = '', body = {}, resources = {} }: Shown = {}): Map<string, string> {
  const related = Object.entries(resources).flatMap(([kind, of]) =>
    typeof of?.id === 'string' ? [[kind, of.name ?? of.id] as const, [`${kind}_id`, of.id] as const] : [],
  );
  const own = Object.entries(body).flatMap(([field, value]) =>
    typeof value === 'object' ? [] : [[field, String(value)] as const],
  );
  return new Map([
    ...related,
    ...own,
    ['id', id],
    ['name', name],
    ['tag', 'a'],
    ['tags', 'a'],
    ['run_metadata', 'a:1'],
  ]);
}

/** The part of an item that filters are made from. */
interface Shown {
  readonly id?: string;
  readonly name?: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly resources?: Readonly<Record<string, { readonly id?: string; readonly name?: string } | null>>;
}
