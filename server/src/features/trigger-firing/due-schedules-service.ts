import type { Database, Transaction } from '../../database/database.ts';
import { toDatabaseInstant } from '../../database/instants.ts';
import { inTransaction } from '../../database/transaction.ts';
import { nextOccurrence } from '../triggers/occurrences.ts';
import { type Timetable, toDate } from '../triggers/timetable.ts';
import { noteDispatch } from '../triggers/triggers-service.ts';
import * as store from './firings-store.ts';

/** What becomes of occurrences that nobody saw, because no server ran: one run for all, none, or one for each. */
export type CatchUp = 'latest' | 'none' | 'all';

/** How late an occurrence may be noticed without counting as missed, milliseconds. */
const PUNCTUAL = 60_000;

/** What a schedule whose time has come does. */
interface Turn {
  /** `undefined`: it does not fire any more. */
  readonly next: Date | undefined;
  /** What fires now, if anything. */
  readonly occurrence: Date | undefined;
  /** Whether it has this one time only. */
  readonly isOnly: boolean;
}

/**
 * Fires one schedule whose time has come: its next time is set in the transaction that fires it, so that no other
 * replica fires it for the same one.
 * @returns whether there was one
 */
export function fireDueSchedule(db: Database, catchUp: CatchUp): Promise<boolean> {
  return inTransaction(db, async (transaction) => {
    const schedule = await store.takeDueSchedule(transaction);
    if (!schedule) return false;
    const snapshotIds = await store.findSnapshots(transaction, schedule.id);
    const turn = turnOf(schedule, catchUp);
    if (turn instanceof Error) {
      await noteDefect(transaction, schedule.id, snapshotIds, turn);
      await store.setNextOccurrence(transaction, schedule.id, null);
      return true;
    }
    const { next, occurrence, isOnly } = turn;
    await store.setNextOccurrence(transaction, schedule.id, next ? toDatabaseInstant(next) : null);
    // Whoever changes anything of it sets its time anew, which may be over.
    if (!occurrence || (isOnly && (await store.hasFiredSince(transaction, schedule)))) return true;
    const firings = snapshotIds.map((snapshotId) => ({ triggerId: schedule.id, snapshotId, info: null }));
    await store.insertFirings(transaction, `time:${occurrence.toISOString()}`, firings);
    return true;
  });
}

/** A timetable that another release of ZenML took may be none here: then the error says why. */
function turnOf(
  { configuration, next_occurrence, time: databaseTime }: store.DueSchedule,
  catchUp: CatchUp,
): Turn | Error {
  try {
    const timetable = JSON.parse(configuration) as Timetable;
    const occurrence = toDate(next_occurrence.replace(' ', 'T'));
    const time = toDate(databaseTime.replace(' ', 'T'));
    const next = nextOccurrence(timetable, catchUp === 'all' ? occurrence : time);
    const isOver = timetable.end_time != null && occurrence > toDate(timetable.end_time);
    const isDropped = catchUp === 'none' && time.getTime() - occurrence.getTime() > PUNCTUAL;
    const isOnly = timetable.run_once_start_time != null;
    return { next, isOnly, occurrence: isOver || isDropped ? undefined : occurrence };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Such a schedule says what is wrong, and rests. */
async function noteDefect(
  transaction: Transaction,
  triggerId: string,
  snapshotIds: readonly string[],
  { message }: Error,
): Promise<void> {
  const error = { type: 'ValueError', message, severity: 'Critical' } as const;
  for (const snapshotId of snapshotIds) {
    await noteDispatch(transaction, triggerId, snapshotId, { status: 'ERROR', error });
  }
}
