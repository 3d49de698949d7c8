/** A column of a cron expression: what its values are, and the names that some of them have. */
export interface Column {
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** The columns in the order in which they are written. */
export const COLUMNS: readonly Column[] = [
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31 },
  { from: 1, to: 12, names: MONTHS },
  { from: 0, to: 6, names: WEEKDAYS },
  { from: 0, to: 59 },
  { from: 1970, to: 2099 },
];

const RANGE = /^([^-/]+)-([^-/]+)(?:\/(\d+))?$/;
const STEP = /^([^-/]+)\/(\d+)$/;

/**
 * Writes ranges and steps of a column as lists of values. ZenML's library has more of them than others: a range may go
 * over the end (`22-2`), a step may follow a value (`5/10`), and a range of one value is the whole column. What is
 * neither stays as it is.
 */
export function expandColumn(text: string, column: Column): string {
  return text
    .toLowerCase()
    .split(',')
    .map((part) => expandPart(part, column)?.join(',') ?? part)
    .join(',');
}

/** Whether a column that was expanded has all its values. */
export function isWhole(expanded: string, { from, to }: Column): boolean {
  return new Set(expanded.split(',').filter((value) => /^\d+$/.test(value))).size > to - from;
}

function expandPart(part: string, column: Column): number[] | undefined {
  const [, start = '', step = ''] = STEP.exec(part) ?? [];
  if (start === '*') return series(column.from, column.to, Number(step));
  if (start !== '') {
    const low = readValue(start, column);
    return low === undefined ? undefined : series(low, column.to, Number(step));
  }
  const [, first = '', last = '', by = '1'] = RANGE.exec(part) ?? [];
  const low = readValue(first, column);
  const high = readValue(last, column);
  if (low === undefined || high === undefined) return undefined;
  if (low === high) return series(column.from, column.to, Number(by));
  return low < high ? series(low, high, Number(by)) : overTheEnd(low, high, Number(by), column);
}

/** Undefined for a step of 0: it is refused where it stands. */
function series(from: number, to: number, step: number): number[] | undefined {
  if (step === 0) return undefined;
  const values: number[] = [];
  for (let value = from; value <= to; value += step) values.push(value);
  return values;
}

function overTheEnd(low: number, high: number, step: number, { from, to }: Column): number[] | undefined {
  const before = series(low, to, step);
  const last = before?.at(-1);
  if (before === undefined || last === undefined) return undefined;
  const left = to - last;
  const skips = last - from + step > to - from + 1 && left < step;
  return [...before, ...(series(from + (skips ? step - left : 0), high, step) ?? [])];
}

/** Sunday is 0 and 7. */
function readValue(text: string, { from, to, names }: Column): number | undefined {
  const name = names?.indexOf(text) ?? -1;
  if (name >= 0) return from + name;
  if (!/^\d+$/.test(text)) return undefined;
  const value = names === WEEKDAYS && text === '7' ? 0 : Number(text);
  return value >= from && value <= to ? value : undefined;
}
