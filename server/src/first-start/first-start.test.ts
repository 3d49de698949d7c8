import { compare } from 'bcrypt';
import { createDatabase, type Database } from '../database/database.ts';
import { decodeJson } from '../database/encoded-json.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing/test-database.ts';
import { ensureFirstStart, type FirstStartOptions } from './first-start.ts';
import { readFlavorCatalogue } from './flavor-catalogue.ts';

const options: FirstStartOptions = {
  serverName: 'default',
  enableAnalytics: false,
  displayAnnouncements: true,
  displayUpdates: true,
  defaultProjectName: 'default',
  activation: { admin: { name: 'admin', password: 'a password' } },
};
const instant = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
const id = expect.stringMatching(/^[0-9a-f]{32}$/);
const times = { created: instant, updated: instant };

let database: TestDatabase;
let db: Database;

beforeEach(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterEach(() => database.drop());

/** Every table with rows. */
async function readRows() {
  return {
    server_settings: await db.selectFrom('server_settings').selectAll().execute(),
    user: await db.selectFrom('user').selectAll().execute(),
    project: await db.selectFrom('project').selectAll().execute(),
    stack: await db.selectFrom('stack').selectAll().execute(),
    stack_component: await db.selectFrom('stack_component').selectAll().orderBy('type').execute(),
    stack_composition: await db.selectFrom('stack_composition').selectAll().orderBy('default_for_type').execute(),
    flavor: await db.selectFrom('flavor').selectAll().orderBy('type').orderBy('name').execute(),
  };
}

test('an empty database gets the rows that the reference makes', async () => {
  await ensureFirstStart(db, options);
  const rows = await readRows();

  expect(rows.server_settings).toEqual([
    {
      id,
      server_name: 'default',
      logo_url: null,
      active: 1,
      enable_analytics: 0,
      display_announcements: 1,
      display_updates: 1,
      onboarding_state: '["project_created"]',
      last_user_activity: instant,
      updated: instant,
    },
  ]);
  expect(rows.user).toEqual([
    {
      id,
      ...times,
      name: 'admin',
      is_service_account: 0,
      full_name: '',
      description: null,
      email: null,
      avatar_url: null,
      active: 1,
      password: expect.stringMatching(/^\$2b\$12\$/),
      password_changed_at: instant,
      activation_token: null,
      email_opted_in: null,
      external_user_id: null,
      is_admin: 1,
      user_metadata: null,
      oidc_claims: 'null',
      default_project_id: null,
    },
  ]);
  expect(await compare('a password', rows.user[0]?.password ?? '')).toBe(true);
  expect(rows.project).toEqual([
    { id, ...times, name: 'default', display_name: 'default', description: '', project_metadata: '{}' },
  ]);
  expect(rows.stack.map(({ labels, environment, ...stack }) => stack)).toEqual([
    { id, ...times, name: 'default', description: '', stack_spec_path: null, user_id: null },
  ]);
  expect(rows.stack.map(({ labels, environment }) => [labels?.toString(), environment?.toString()])).toEqual([
    ['e30=', 'bnVsbA=='],
  ]);
  const types = ['artifact_store', 'deployer', 'orchestrator'];
  expect(rows.stack_component).toEqual(
    types.map((type) => ({
      id,
      ...times,
      name: 'default',
      type,
      flavor: 'local',
      configuration: Buffer.from('e30='),
      labels: Buffer.from('bnVsbA=='),
      environment: Buffer.from('bnVsbA=='),
      user_id: null,
      connector_id: null,
      connector_resource_id: null,
    })),
  );
  expect(rows.stack_composition).toEqual(
    rows.stack_component.map((component) => ({
      stack_id: rows.stack[0]?.id,
      component_id: component.id,
      default_for_type: component.type,
    })),
  );
});

test('the flavors of ZenML are built in and belong to nobody', async () => {
  await ensureFirstStart(db, options);
  const { flavor } = await readRows();

  expect(flavor).toHaveLength(82);
  expect(flavor.every((row) => row.is_custom === 0 && row.user_id === null && row.display_name === null)).toBe(true);
  expect(flavor.find(({ type, name }) => type === 'orchestrator' && name === 'kubernetes')).toMatchObject({
    source: 'zenml.integrations.kubernetes.flavors.kubernetes_orchestrator_flavor.KubernetesOrchestratorFlavor',
    integration: 'kubernetes',
    connector_type: null,
    connector_resource_type: 'kubernetes-cluster',
    connector_resource_id_attr: null,
    docs_url: 'https://docs.zenml.io/stack-components/orchestrators/kubernetes',
    config_schema: expect.stringContaining('"synchronous"'),
  });
});

test('later starts change nothing', async () => {
  expect(await ensureFirstStart(db, options)).toHaveLength(6);
  const before = await readRows();

  expect(await ensureFirstStart(db, { ...options, serverName: 'another' })).toEqual([]);

  expect(await readRows()).toEqual(before);
});

test('an administrator that was renamed does not come back', async () => {
  await ensureFirstStart(db, options);
  await db.updateTable('user').set({ name: 'somebody' }).execute();
  await ensureFirstStart(db, options);
  expect((await readRows()).user.map(({ name }) => name)).toEqual(['somebody']);
});

test('four replicas that start together make each row once', async () => {
  const replicas = [1, 2, 3, 4].map(() => createDatabase({ ...database.config, poolSize: 1 }));
  const reports = await Promise.all(replicas.map((replica) => ensureFirstStart(replica.db, options))).finally(() =>
    Promise.all(replicas.map((replica) => replica.destroy())),
  );

  expect(reports.filter((made) => made.length > 0)).toHaveLength(1);
  const { user, project, stack, server_settings } = await readRows();
  expect([user, project, stack, server_settings].map((rows) => rows.length)).toEqual([1, 1, 1, 1]);
});

test('without an administrator the server waits for its activation', async () => {
  await ensureFirstStart(db, { ...options, activation: undefined });
  const { server_settings, user, project } = await readRows();
  expect(server_settings.map(({ active }) => active)).toEqual([0]);
  expect(user).toEqual([]);
  expect(project).toHaveLength(1);
});

test('a server whose users come from a control plane is active without any, and has no project of its own', async () => {
  const serverId = '0d3695d8-158c-4f40-8c85-13165e716a51';
  await ensureFirstStart(db, { ...options, serverId, activation: {}, defaultProjectName: undefined });
  const { server_settings, user, project } = await readRows();
  expect(server_settings).toMatchObject([{ active: 1, id: '0d3695d8158c4f408c8513165e716a51' }]);
  expect([user, project]).toEqual([[], []]);
});

test('flavors of another release are rewritten, and those of this release and custom ones left alone', async () => {
  await ensureFirstStart(db, options);
  const other = 'https://sdkdocs.zenml.io/0.97.0/core_code_docs';
  const change = (name: string, values: object) =>
    db.updateTable('flavor').set(values).where('type', '=', 'orchestrator').where('name', '=', name).execute();
  await change('local', { sdk_docs_url: other, source: 'moved.since' });
  await change('kubernetes', { logo_url: 'https://example.com/own.png' });
  await change('airflow', { sdk_docs_url: other, is_custom: 1, source: 'my.own' });
  await db.deleteFrom('flavor').where('name', '=', 'slack').execute();

  expect(await ensureFirstStart(db, options)).toEqual(['2 flavors']);

  const { flavor } = await readRows();
  const orchestrator = (name: string) => flavor.find((row) => row.type === 'orchestrator' && row.name === name);
  const catalogue = readFlavorCatalogue().find((entry) => entry.type === 'orchestrator' && entry.name === 'local');
  expect(orchestrator('local')).toMatchObject({
    source: catalogue?.source,
    sdk_docs_url: catalogue?.sdk_docs_url,
    display_name: catalogue?.display_name,
  });
  expect(orchestrator('kubernetes')).toMatchObject({ logo_url: 'https://example.com/own.png' });
  expect(orchestrator('airflow')).toMatchObject({ source: 'my.own', is_custom: 1 });
  expect(flavor.some(({ name }) => name === 'slack')).toBe(true);
});

test('what goes wrong half way leaves nothing behind', async () => {
  await db.schema.alterTable('user').dropColumn('is_admin').execute();
  await expect(ensureFirstStart(db, options)).rejects.toThrow("Unknown column 'is_admin'");
  const { server_settings, project, stack, flavor } = await readRows();
  expect([server_settings, project, stack, flavor].map((rows) => rows.length)).toEqual([0, 0, 0, 0]);
});

test('a component of the default stack that is there already is used', async () => {
  await ensureFirstStart(db, options);
  await db.deleteFrom('stack').execute();
  expect(await ensureFirstStart(db, options)).toEqual(['default stack']);
  const rows = await readRows();
  expect(rows.stack_component).toHaveLength(3);
  expect(rows.stack_composition).toHaveLength(3);
  expect(rows.stack_component.map(({ configuration }) => decodeJson(configuration))).toEqual([{}, {}, {}]);
});
