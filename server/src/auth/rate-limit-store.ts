import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { inTransaction } from '../database/transaction.ts';

/** What a client has tried within a window that began with its first try. */
export interface Tries {
  readonly windowSeconds: number;
  readonly count: number;
  /** Seconds until the window ends. */
  readonly remainingSeconds: number;
}

/**
 * Counts a try in every window and gives the counts. The database's clock decides, so that all replicas agree.
 * @param subject who tries what
 */
export function countTry(db: Database, subject: string, windows: readonly number[]): Promise<readonly Tries[]> {
  const rows = windows.map((seconds) => sql`(${subject}, ${seconds}, 1, utc_timestamp() + interval ${seconds} second)`);
  return inTransaction(db, async (transaction) => {
    // MySQL assigns from left to right: the count still sees the old end.
    await sql`insert into ws_rate_limit (subject, window_seconds, tries, ends) values ${sql.join(rows)}
      on duplicate key update
        tries = if(ends <= utc_timestamp(), 1, tries + 1),
        ends = if(ends <= utc_timestamp(), utc_timestamp() + interval window_seconds second, ends)`.execute(
      transaction,
    );
    const { rows: tries } = await sql<Tries>`
      select window_seconds as windowSeconds, tries as count,
        timestampdiff(second, utc_timestamp(), ends) as remainingSeconds
      from ws_rate_limit where subject = ${subject}`.execute(transaction);
    return tries;
  });
}

/** Forgets what a client has tried. */
export async function forgetTries(db: Database, subject: string): Promise<void> {
  await inTransaction(db, (transaction) =>
    sql`delete from ws_rate_limit where subject = ${subject}`.execute(transaction),
  );
}

/** Deletes what is over. */
export async function deleteEndedWindows(db: Database): Promise<void> {
  await inTransaction(db, (transaction) =>
    sql`delete from ws_rate_limit where ends <= utc_timestamp()`.execute(transaction),
  );
}
