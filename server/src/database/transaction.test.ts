import { sql } from 'kysely';
import type { Database, Transaction } from './database.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';
import { beforeCommit, inTransaction, isDeadlock, isDuplicateKey, isLockTimeout } from './transaction.ts';

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase({ lockTimeoutSeconds: 1 });
  db = database.db;
});
afterAll(() => database.drop());

beforeEach(async () => {
  await db.deleteFrom('project').execute();
  await db
    .insertInto('project')
    .values([project('a'), project('b')])
    .execute();
});

function project(name: string) {
  const instant = '2026-01-01 00:00:00';
  const times = { created: instant, updated: instant };
  return { id: name.repeat(32), ...times, name, display_name: '0', description: '', project_metadata: '{}' };
}

/** Adds one, in SQL, so that a lost update shows. */
const increment = (transaction: Transaction, name: string) =>
  sql`update project set display_name = display_name + 1 where name = ${name}`.execute(transaction);

const counters = async () =>
  (await db.selectFrom('project').select('display_name').orderBy('name').execute()).map((row) => row.display_name);

/** A promise and what fulfils it. */
function signal() {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { give, given };
}

test('the victim of a deadlock is tried again, and neither update is lost', async () => {
  let attempts = 0;
  const [first, second] = [signal(), signal()];
  const cross = (own: string, other: string, mine: typeof first, theirs: typeof first) =>
    inTransaction(db, async (transaction) => {
      attempts++;
      await increment(transaction, own);
      mine.give();
      await theirs.given;
      await increment(transaction, other);
    });

  await Promise.all([cross('a', 'b', first, second), cross('b', 'a', second, first)]);

  expect(attempts).toBe(3);
  expect(await counters()).toEqual(['2', '2']);
});

test('a lock that was held for too long is waited for again', async () => {
  const [locked, mayEnd] = [signal(), signal()];
  const holder = inTransaction(db, async (transaction) => {
    await increment(transaction, 'a');
    locked.give();
    await mayEnd.given;
  });
  await locked.given;
  let attempts = 0;
  const waiter = inTransaction(db, async (transaction) => {
    attempts++;
    if (attempts === 2) mayEnd.give();
    await increment(transaction, 'a');
  });

  await Promise.all([holder, waiter]);

  expect(attempts).toBe(2);
  expect(await counters()).toEqual(['2', '0']);
});

test('a conflict that does not end becomes an error after five attempts', async () => {
  let attempts = 0;
  const hopeless = inTransaction(db, async (transaction) => {
    attempts++;
    await increment(transaction, 'a');
    await sql`signal sqlstate '40001' set mysql_errno = 1213, message_text = 'Deadlock found'`.execute(transaction);
  });
  await expect(hopeless).rejects.toMatchObject({ errno: 1213 });
  expect(attempts).toBe(5);
  expect(await counters()).toEqual(['0', '0']);
});

test('any other error is not tried again, and leaves nothing', async () => {
  let attempts = 0;
  const failing = inTransaction(db, async (transaction) => {
    attempts++;
    await increment(transaction, 'a');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(attempts).toBe(1);
  expect(await counters()).toEqual(['0', '0']);
});

test('what waits for the commit is done once the rest is, and rolls it back where it fails', async () => {
  const done: string[] = [];
  await inTransaction(db, async (transaction) => {
    beforeCommit(transaction, async () => void done.push('last'));
    await increment(transaction, 'a');
    done.push('first');
  });
  expect([done, await counters()]).toEqual([
    ['first', 'last'],
    ['1', '0'],
  ]);
  const failing = inTransaction(db, async (transaction) => {
    beforeCommit(transaction, () => Promise.reject(new Error('refused')));
    await increment(transaction, 'a');
  });
  await expect(failing).rejects.toThrow('refused');
  expect(await counters()).toEqual(['1', '0']);
});

test('what waits for the commit of a transaction that fails is never done', async () => {
  const done: string[] = [];
  const failing = inTransaction(db, async (transaction) => {
    beforeCommit(transaction, async () => void done.push('last'));
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(done).toEqual([]);
});

test('a duplicate key is known by its name', async () => {
  const sameName = { ...project('a'), id: 'c'.repeat(32) };
  const error: unknown = await db
    .insertInto('project')
    .values(sameName)
    .execute()
    .catch((thrown: unknown) => thrown);
  expect(isDuplicateKey(error)).toBe(true);
  expect(isDuplicateKey(error, 'unique_project_name')).toBe(true);
  expect(isDuplicateKey(error, 'PRIMARY')).toBe(false);
  expect(isDuplicateKey(new Error("Duplicate entry for key 'PRIMARY'"))).toBe(false);
  expect([isDeadlock(error), isLockTimeout(error)]).toEqual([false, false]);
});

test("MySQL 8 prints the table before the key's name", () => {
  const message = "Duplicate entry 'a' for key 'project.unique_project_name'";
  const error = Object.assign(new Error(message), { errno: 1062 });
  expect(isDuplicateKey(error, 'unique_project_name')).toBe(true);
});
