import { sql } from 'kysely';
import { newId } from '../../database/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../database/testing/test-database.ts';
import { forgetDeletedRuns } from './deleted-runs.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Notes launches of a run that was deleted. @returns its database id */
async function noteLaunches(...states: readonly string[]): Promise<string> {
  const runId = newId();
  for (const [index, status] of states.entries()) {
    await sql`insert into ws_launch (id, run_id, project_id, snapshot_id, kind, number, status, attempts, created, due)
      values (${newId()}, ${runId}, '', '', 'start', ${index + 1}, ${status}, 1, utc_timestamp(3), utc_timestamp(3))`.execute(
      database.db,
    );
  }
  return runId;
}

test('a run that was deleted is forgotten once none of its launches may have a workload', async () => {
  await noteLaunches('over', 'cancelled');
  const launched = await noteLaunches('over', 'launched');
  const givenUp = await noteLaunches('over', 'failed');
  await forgetDeletedRuns(database.db);
  const { rows } = await sql`select run_id, number from ws_launch`.execute(database.db);
  const kept = [launched, givenUp].flatMap((id) => [1, 2].map((number) => ({ run_id: id, number })));
  expect(rows).toHaveLength(kept.length);
  expect(rows).toEqual(expect.arrayContaining(kept));
});
