import { newId } from '../../database/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../database/testing/test-database.ts';
import { claimArchive, endArchive, openArchive, renewArchives } from './archive-store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('claims are renewed together, and it is told which are another’s by now, or ended', async () => {
  const { db } = database;
  const claim = async (seconds: number) => {
    await openArchive(db, { runId: newId(), number: 1 });
    const claimed = await claimArchive(db, seconds);
    if (!claimed) throw new Error('nothing to claim');
    return claimed;
  };
  expect(await renewArchives(db, [], 60)).toEqual([]);
  const [held, ended] = [await claim(60), await claim(60)];
  expect(await renewArchives(db, [held, ended], 60)).toEqual([]);
  await endArchive(db, ended, undefined);
  const lost = await claim(0);
  const another = await claimArchive(db, 60);
  expect(another).toMatchObject({ runId: lost.runId });
  expect(await renewArchives(db, [held, lost, ended], 60)).toEqual([lost, ended]);
});
