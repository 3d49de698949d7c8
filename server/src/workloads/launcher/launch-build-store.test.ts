import { newId } from '../../database/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../database/testing/test-database.ts';
import { workloadName } from '../launch.ts';
import { createBuilderSearch, noteBuilder } from './launch-build-store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('the builders that a launch has waited for are found by its workload, each once, and by no other', async () => {
  const { db } = database;
  const find = createBuilderSearch(db);
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
