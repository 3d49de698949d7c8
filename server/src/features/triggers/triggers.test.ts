import type { Model } from '../../contract/operation-types.ts';
import { fromDatabaseId, newId, toDatabaseId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

type Trigger = Model<'ScheduleTriggerResponse'>;

let server: TestServer;
let source: string;
let executable: string;
beforeAll(async () => {
  server = await startTestServer();
  const pipeline = await server.call('POST', '/pipelines', { project: server.projectId, name: 'triggered' });
  const stack = await insertStack();
  const create = async (more: object) => {
    const snapshot = await server.call('POST', '/pipeline_snapshots', {
      project: server.projectId,
      pipeline: pipeline.body['id'],
      stack,
      run_name_template: 'run',
      pipeline_configuration: { name: 'triggered' },
      step_configurations: {},
      client_environment: {},
      client_version: '0.98.0',
      server_version: '0.98.0',
      ...more,
    });
    return String(snapshot.body['id']);
  };
  source = await create({ name: 'source' });
  executable = await create({ source_snapshot: source });
});
afterAll(() => server.stop());

describe('triggers', () => {
  test('show the snapshots that they were attached to, and are found by them', async () => {
    const id = await insertTrigger('shown', 'SUCCESS');
    const { body } = await server.call<Trigger>('GET', `/triggers/${id}`);
    expect(body).toMatchObject({
      body: { type: 'schedule', interval: 60, next_occurrence: '2030-01-01T00:00:00' },
      resources: {
        snapshots: [{ id: source }],
        executable_snapshots: [{ id: executable }],
        snapshot_dispatch_states: { [source]: { last_status: 'SUCCESS', last_error_count: 2 } },
      },
    });
    const total = async (query: string) =>
      (await server.call<{ total: number }>('GET', `/triggers?name=shown&${query}`)).body.total;
    expect(await total(`snapshot_id=${source}`)).toBe(1);
    expect(await total(`snapshot_id=${id}`)).toBe(0);
    expect(await total('type=schedule&type=webhook')).toBe(1);
    expect(await total('type=webhook')).toBe(0);
    expect(await total('is_archived=true')).toBe(0);
  });

  test('forget their errors: all of a failed dispatch, only the error of another', async () => {
    const ended = async (status: string) => {
      const id = await insertTrigger(`errors-${status}`, status);
      await server.call('DELETE', `/triggers/${id}/dispatch_state?snapshot_id=${source}`);
      return (await server.call<Trigger>('GET', `/triggers/${id}`)).body.resources?.snapshot_dispatch_states?.[source];
    };
    expect(await ended('ERROR')).toBeUndefined();
    expect(await ended('SUCCESS')).toMatchObject({ last_status: 'SUCCESS', last_error_count: 0 });
  });

  test('are put away once, and go when asked to', async () => {
    const id = await insertTrigger('archived', 'SUCCESS');
    const answers = await Promise.all([1, 2, 3].map(() => server.call('DELETE', `/triggers/${id}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403]);
    const { body } = await server.call<Trigger>('GET', `/triggers/${id}`);
    expect(body.body).toMatchObject({ active: false, is_archived: true, next_occurrence: null });
    expect(body.body?.name).toMatch(/^archived_\([0-9a-f]{8}\)$/);
    expect(body.resources?.snapshots).toEqual([]);
    expect((await server.call('DELETE', `/triggers/${id}?soft=false`)).status).toBe(200);
    expect((await server.call('GET', `/triggers/${id}`)).status).toBe(404);
  });

  test('let go of snapshots by what was attached', async () => {
    const path = `/triggers/${await insertTrigger('detached', 'SUCCESS')}/pipeline_snapshots/${source}`;
    expect((await server.call('DELETE', path)).status).toBe(200);
    expect((await server.call('DELETE', path)).status).toBe(404);
  });
});

async function insertTrigger(name: string, lastStatus: string): Promise<string> {
  const { db } = server.database;
  const id = newId();
  const created = now();
  await db
    .insertInto('trigger')
    .values({
      id,
      created,
      updated: created,
      name,
      active: 1,
      is_archived: 0,
      type: 'schedule',
      flavor: 'native schedule',
      configuration: '{"interval":60,"start_time":"2026-01-01T00:00:00"}',
      concurrency: 'skip',
      project_id: toDatabaseId(server.projectId),
      next_occurrence: '2030-01-01 00:00:00',
    })
    .execute();
  await db
    .insertInto('trigger_snapshot')
    .values({
      trigger_id: id,
      snapshot_id: toDatabaseId(executable),
      created_at: created,
      dispatch_state: JSON.stringify({ last_status: lastStatus, last_error_message: 'x', last_error_count: 2 }),
    })
    .execute();
  return fromDatabaseId(id);
}

async function insertStack(): Promise<string> {
  const id = newId();
  const created = now();
  await server.database.db.insertInto('stack').values({ id, created, updated: created, name: 'stack' }).execute();
  return fromDatabaseId(id);
}
