import { WrittenCorrespondence } from '../correspondence.ts';
import { judge } from '../judge.ts';
import { keptRows } from '../kept-differences.ts';
import { operationOf } from '../operations.ts';
import type { Report } from '../report.ts';
import { type RowDifference, readRows, rowDifferences } from '../rows.ts';
import { seed } from '../seed/seed.ts';
import { type Exchange, Session } from '../session.ts';
import { writeScripts } from './scripts.ts';

/** A server and the database that only it writes to. */
export interface Writer {
  url: string;
  databaseUrl: string;
}

const shownRows = 4;

/**
 * Seeds both servers and sends both the scripts, in lockstep; compares each answer, and after each script the rows.
 * `started` is when the servers were started; `afterSeed` runs in between, while both databases hold the seed and nothing else.
 */
export async function compareWrites(
  reference: Writer,
  ours: Writer,
  login: { user: string; password: string },
  report: Report,
  started: number,
  afterSeed: () => Promise<void>,
): Promise<void> {
  const correspondence = new WrittenCorrespondence(started);
  let part = 'seed';
  const observe = (exchange: Exchange) => {
    const operation = operationOf(exchange.method, exchange.path);
    const request = `${exchange.method} ${exchange.path}`;
    report.add({ part: `write: ${part}`, operation, request }, judge(exchange, correspondence));
  };
  const session = await Session.open([reference.url, ours.url], login, observe);
  const seen = new Set<string>();
  const compareRows = async () => {
    const left = await readRows(reference.databaseUrl, correspondence, 'reference');
    const right = await readRows(ours.databaseUrl, correspondence, 'ours');
    const fresh = rowDifferences(left, right).filter(
      (difference) => !isKept(difference) && !seen.has(JSON.stringify(difference)),
    );
    for (const difference of fresh) seen.add(JSON.stringify(difference));
    reportRows(part, fresh, [...left.keys()], report);
  };
  try {
    const seeded = await seed(session);
    await compareRows();
    await afterSeed();
    for (const script of writeScripts) {
      part = script.name;
      console.log(`  writes: ${part}`);
      await script.run(session, seeded).catch((error: Error) => {
        // The other scripts still tell something.
        report.fail({ part, operation: `script ${part}`, request: 'whole script' }, [error.message]);
      });
      await compareRows();
    }
  } finally {
    session.close();
  }
}

function isKept({ table, only, row }: RowDifference): boolean {
  return (keptRows[table] ?? []).some((kept) => kept.only === only && row.includes(kept.contains));
}

/** One failure per table; a table whose rows are alike counts as passed. */
function reportRows(part: string, found: RowDifference[], tables: string[], report: Report): void {
  const byTable = Map.groupBy(found, ({ table }) => table);
  for (const table of new Set([...tables, ...byTable.keys()])) {
    const given = { part: `rows: ${part}`, operation: `table ${table}`, request: `rows of ${table} after ${part}` };
    const differences = byTable.get(table);
    if (differences === undefined) report.add(given, { kind: 'alike' });
    else {
      const shown = differences.slice(0, shownRows).map(({ only, row }) => `only in ${only}: ${row.slice(0, 900)}`);
      report.fail(given, [`${differences.length} rows`, ...shown]);
    }
  }
}
