import { sql } from 'kysely';
import { newId } from '../../database/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../database/testing/test-database.ts';
import { workloadName } from '../launch.ts';
import { createBuilders, noteBuilder } from './launch-build-store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('the builders that a launch has waited for are found by its workload, each once, and by no other', async () => {
  const { db } = database;
  const { find } = createBuilders(db);
  const [one, other] = [newId(), newId()];
  await noteBuilder(db, { runId: one, number: 1 }, 'aaaa0001');
  await noteBuilder(db, { runId: one, number: 1 }, 'aaaa0002');
  await noteBuilder(db, { runId: one, number: 1 }, 'aaaa0001');
  await noteBuilder(db, { runId: other, number: 2 }, 'aaaa0001');
  expect((await find(workloadName(one, 1))).toSorted()).toEqual(['aaaa0001', 'aaaa0002']);
  expect(await find(workloadName(other, 2))).toEqual(['aaaa0001']);
  expect(await find(workloadName(other, 1))).toEqual([]);
  expect(await find('zenml-build-of-nothing')).toEqual([]);
});

test('a builder is awaited as long as a launch that has waited for it is still to be made', async () => {
  const { db } = database;
  const { isAwaited } = createBuilders(db);
  const queue = (runId: string, status: string) =>
    sql`insert into ws_launch
    (id, run_id, project_id, snapshot_id, kind, number, status, attempts, created, due)
    values (${newId()}, ${runId}, ${runId}, ${runId}, 'start', 1, ${status}, 0, utc_timestamp(3), utc_timestamp(3))
    on duplicate key update status = ${status}`.execute(db);
  const [one, other] = [newId(), newId()];
  for (const runId of [one, other]) {
    await queue(runId, 'queued');
    await noteBuilder(db, { runId, number: 1 }, 'bbbb0001');
  }
  await queue(one, 'cancelled');
  expect(await isAwaited('bbbb0001')).toBe(true);
  await queue(other, 'launched');
  expect(await isAwaited('bbbb0001')).toBe(false);
  expect(await isAwaited('bbbb0002')).toBe(false);
});
