import { errorNumber } from './transaction.ts';

/** Why the database does not take a value, by the number of its error; the contract does not limit what columns do. */
const MISFITS: ReadonlyMap<number | undefined, string> = new Map([
  [1406, 'is too long'], // ER_DATA_TOO_LONG
  [1264, 'is out of range'], // ER_WARN_DATA_OUT_OF_RANGE
  [1366, 'holds characters that cannot be stored'], // ER_TRUNCATED_WRONG_VALUE_FOR_FIELD
]);

/** A sentence for the client about a value that does not fit its column; `undefined` for any other error. */
export function misfitReason(error: unknown): string | undefined {
  const problem = MISFITS.get(errorNumber(error));
  if (!problem || !(error instanceof Error)) return undefined;
  const column = /column `?(?:[^']*`\.`)?'?([a-z_]+)/i.exec(error.message)?.[1];
  return `The value${column ? ` of ${column}` : ''} ${problem}.`;
}
