import { sql } from 'kysely';
import type { Connection } from './database.ts';

/*
 * The database's time: what replicas decide by in common, since their own clocks may differ. What only tells people when
 * something was written, such as `created`, is by the replica's clock.
 */

/** Reads it. */
export async function readDatabaseTime(connection: Connection): Promise<Date> {
  const { rows } = await sql<{ time: string }>`select cast(utc_timestamp(3) as char) as time`.execute(connection);
  return parseDatabaseTime(rows[0]?.time ?? '');
}

/** Reads `cast(utc_timestamp(3) as char)`, of a statement that selects more. */
export function parseDatabaseTime(text: string): Date {
  return new Date(`${text.replace(' ', 'T')}Z`);
}

/** It, within a statement; in whole seconds, as the reference's tables hold it. */
export const databaseTime = sql<string>`utc_timestamp()`;

/** A moment from it, within a statement. */
export function databaseTimeAfter(seconds: number) {
  return sql<string>`utc_timestamp() + interval ${seconds} second`;
}
