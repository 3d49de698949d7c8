import { setTimeout as sleep } from 'node:timers/promises';

/** Of sockets that pass by themselves, where the database comes back. Those of buckets and clusters fail of the same. */
const SOCKET_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

/** What only mysql2, the database or its pool say. */
const DATABASE_CODES = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ER_CON_COUNT_ERROR',
  'ER_SERVER_SHUTDOWN',
  'POOL_TIMEOUT',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  // Locks that were still held after all retries.
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  // A failover: the former primary takes no writes.
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_READ_ONLY_MODE',
]);

/** Whether an error says that the database does not answer at the moment. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error)) return false;
  const code = String(error.code);
  return DATABASE_CODES.has(code) || (SOCKET_CODES.has(code) && isOfDatabase(error));
}

/** mysql2 marks its errors: by callback as fatal, by promise with the state that the server gave, if any. */
function isOfDatabase(error: Error): boolean {
  return 'fatal' in error || 'sqlState' in error;
}

/** Before each further attempt, seconds: some four minutes in all. */
const PAUSES = [1, 2, 5, 10, 20, 40, 60, 60];

/**
 * Does what may be done again, until the database answers.
 * @param onWait told why, and how long, before each pause; seconds
 * @throws any other error at once, and that of the last attempt
 */
export async function onceAvailable(
  work: () => Promise<void>,
  onWait: (error: unknown, seconds: number) => void,
): Promise<void> {
  for (const seconds of PAUSES) {
    try {
      return await work();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      onWait(error, seconds);
      await sleep(seconds * 1000);
    }
  }
  return work();
}
