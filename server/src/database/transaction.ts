import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, Database, Transaction } from './database.ts';

/** Tries of a unit of work before its deadlock becomes the client's error. */
const MAX_ATTEMPTS = 5;
/** After this long a lock's time-out becomes the client's error, which must come before the client gives up (30 s). */
const MAX_MILLISECONDS = 15_000;
/** Longest first pause before a retry, milliseconds; doubled for each further one. */
const BASE_PAUSE = 20;

/** What running transactions still have to do. */
const lastWork = new WeakMap<Connection, (() => Promise<void>)[]>();

/**
 * Has something done as the last thing before a transaction commits, when nothing else of it can fail any more: the
 * place for what the database cannot take back. What `work` throws rolls the transaction back.
 */
export function beforeCommit(transaction: Connection, work: () => Promise<void>): void {
  const waiting = lastWork.get(transaction);
  if (!waiting) throw new Error('There is no transaction of inTransaction to wait for.');
  waiting.push(work);
}

async function doAll<Result>(
  transaction: Transaction,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  const waiting: (() => Promise<void>)[] = [];
  lastWork.set(transaction, waiting);
  const result = await work(transaction);
  for (const last of waiting) await last();
  return result;
}

/**
 * Runs one unit of work in a transaction and retries it, with a random pause, when InnoDB chose it as the victim of a
 * deadlock or another transaction held a lock for too long. `work` may therefore run more than once: nothing
 * but the database may be changed in it; see {@link beforeCommit}.
 */
export async function inTransaction<Result>(
  db: Database,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  const deadline = Date.now() + MAX_MILLISECONDS;
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute((transaction) => doAll(transaction, work));
    } catch (error) {
      const conflict = isDeadlock(error) || isLockTimeout(error);
      if (!conflict || attempt === MAX_ATTEMPTS || Date.now() > deadline) throw error;
      await sleep(Math.random() * BASE_PAUSE * 2 ** attempt);
    }
  }
}

const ER_LOCK_DEADLOCK = 1213;
const ER_LOCK_WAIT_TIMEOUT = 1205;
const ER_DUP_ENTRY = 1062;
const ER_ROW_IS_REFERENCED = 1451;
const ER_NO_REFERENCED_ROW = 1452;

/** Whether the database ended the transaction to resolve a deadlock. */
export function isDeadlock(error: unknown): boolean {
  return errorNumber(error) === ER_LOCK_DEADLOCK;
}

/** Whether a lock was held by another transaction for too long. */
export function isLockTimeout(error: unknown): boolean {
  return errorNumber(error) === ER_LOCK_WAIT_TIMEOUT;
}

/**
 * Whether a unique key refused a row.
 * @param key the key's name; any where left out. MySQL 8 prints `table.key`, MariaDB `key`.
 */
export function isDuplicateKey(error: unknown, key?: string): boolean {
  if (errorNumber(error) !== ER_DUP_ENTRY) return false;
  const named = /for key '(?:[^']*\.)?([^'.]+)'/.exec(error instanceof Error ? error.message : '')?.[1];
  return key === undefined || named === key;
}

/** Whether a foreign key keeps a row from being deleted. */
export function isReferenced(error: unknown): boolean {
  return errorNumber(error) === ER_ROW_IS_REFERENCED;
}

/** Whether a foreign key refused a row: what it refers to is not there. */
export function isUnknownReference(error: unknown): boolean {
  return errorNumber(error) === ER_NO_REFERENCED_ROW;
}

/** MySQL's number of an error; `undefined` for one that is not the database's. */
export function errorNumber(error: unknown): number | undefined {
  return error instanceof Error && 'errno' in error ? Number(error.errno) : undefined;
}
