import type { Database, Transaction } from '../database/database.ts';
import { databaseTimeAfter } from '../database/database-time.ts';
import { toDatabaseId } from '../database/ids.ts';
import { now } from '../database/instants.ts';
import { inTransaction, isDuplicateKey, isLockTimeout } from '../database/transaction.ts';
import { gunzip, gzip } from '../gzip.ts';
import { tooBusy } from '../http-error.ts';
import { rawJson, stringify } from '../raw-json.ts';

/** A write request that may come again under the same key. */
export interface IdempotentRequest {
  /** The `Idempotency-Key`, a UUID. */
  readonly key: string;
  readonly method: string;
  readonly url: string;
  readonly userId: string;
}

/** Runs a write in one transaction; with a key its answer is recorded in that same transaction. */
export type UnitOfWork = <Answer>(
  request: IdempotentRequest | undefined,
  work: (transaction: Transaction) => Promise<Answer>,
) => Promise<Answer>;

/** MEDIUMBLOB's limit: a larger answer is not recorded, as in the reference. */
const MAX_RESULT_BYTES = 2 ** 24 - 1;

/**
 * Idempotency over any number of replicas on the reference's own tables. The row of the key is inserted first, in the
 * transaction of the effect: a concurrent repetition waits at that row for the first one to end, and then reads its
 * answer; after a crash neither the row nor the effect is there, and the repetition does the work. Errors are not
 * recorded, as in the reference.
 * @param lifetimeSeconds how long an answer is kept; `undefined`: repeated requests are done again.
 */
export function createUnitOfWork(db: Database, lifetimeSeconds: number | undefined): UnitOfWork {
  return async (request, work) => {
    if (!request || lifetimeSeconds === undefined) return inTransaction(db, work);
    try {
      return await inTransaction(db, async (transaction) => {
        await claim(transaction, request, lifetimeSeconds);
        const answer = await work(transaction);
        await record(transaction, request.key, answer);
        return answer;
      });
    } catch (error) {
      if (error instanceof KeyTaken) return repeated(db, request, work);
      if (error instanceof StillRunning) throw tooBusy();
      throw error;
    }
  };
}

class KeyTaken extends Error {}

class StillRunning extends Error {}

async function claim(transaction: Transaction, request: IdempotentRequest, lifetimeSeconds: number): Promise<void> {
  const instant = now();
  const row = {
    id: toDatabaseId(request.key),
    created: instant,
    updated: instant,
    method: request.method,
    url: request.url,
    completed: 1,
    // Any replica deletes it then.
    expired: databaseTimeAfter(lifetimeSeconds),
    user_id: toDatabaseId(request.userId),
  };
  try {
    await transaction.insertInto('api_transaction').values(row).execute();
  } catch (error) {
    if (isDuplicateKey(error)) throw new KeyTaken();
    if (isLockTimeout(error)) throw new StillRunning();
    throw error;
  }
}

async function record(transaction: Transaction, key: string, answer: unknown): Promise<void> {
  if (answer === undefined || answer === null) return;
  const result = await encodeResult(stringify(answer));
  if (result.length > MAX_RESULT_BYTES) return;
  await transaction
    .insertInto('api_transaction_result')
    .values({ id: toDatabaseId(key), result })
    .execute();
}

/** Gives the recorded answer, or does the work where the key was used for another request. */
async function repeated<Answer>(
  db: Database,
  request: IdempotentRequest,
  work: (transaction: Transaction) => Promise<Answer>,
): Promise<Answer> {
  const first = await db
    .selectFrom('api_transaction as first')
    .leftJoin('api_transaction_result as answer', 'answer.id', 'first.id')
    .select(['first.method', 'first.url', 'first.user_id', 'first.completed', 'answer.result'])
    .where('first.id', '=', toDatabaseId(request.key))
    .executeTakeFirst();
  const same =
    first?.method === request.method && first.url === request.url && first.user_id === toDatabaseId(request.userId);
  if (!first || !same) return inTransaction(db, work);
  if (!first.completed) throw tooBusy();
  return first.result === null ? (null as Answer) : rawJson<Answer>(await decodeResult(first.result));
}

/** The reference's storage format: gzip of the base64 of the JSON text. */
function encodeResult(json: string): Promise<Buffer> {
  return gzip(Buffer.from(Buffer.from(json, 'utf8').toString('base64'), 'latin1'));
}

async function decodeResult(result: Buffer): Promise<string> {
  return Buffer.from((await gunzip(result)).toString('latin1'), 'base64').toString('utf8');
}
