import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Database } from './database.ts';
import type { Schema } from './generated/schema.gen.ts';

/** Seconds of one wait; waiting goes on, since another replica may be changing large tables. */
const WAIT_SECONDS = 10;

/**
 * Runs `work` on one connection while no other replica is in here for this database. MySQL frees the lock when the
 * connection ends, so that a replica that dies holds nobody up.
 * @param onWait told each time that the lock is still another's.
 */
export async function withStartupLock<Result>(
  db: Database,
  work: (connection: Kysely<Schema>) => Promise<Result>,
  onWait: () => void = () => {},
): Promise<Result> {
  return db.connection().execute(async (connection) => {
    const name = await lockName(connection);
    while (!(await take(connection, name))) onWait();
    try {
      return await work(connection);
    } finally {
      await sql`select release_lock(${name})`.execute(connection);
    }
  });
}

/** Locks have names for the whole server, of at most 64 characters. */
async function lockName(connection: Kysely<Schema>): Promise<string> {
  const { rows } = await sql<{ name: string }>`select database() as name`.execute(connection);
  const digest = createHash('sha256').update(rows[0]?.name ?? '');
  return `zenml-workspace-${digest.digest('hex').slice(0, 32)}`;
}

async function take(connection: Kysely<Schema>, name: string): Promise<boolean> {
  const result = await sql<{ taken: number | null }>`select get_lock(${name}, ${WAIT_SECONDS}) as taken`.execute(
    connection,
  );
  const taken = result.rows[0]?.taken;
  if (taken === null || taken === undefined) throw new Error('MySQL could not give the lock of the start-up.');
  return taken === 1;
}
