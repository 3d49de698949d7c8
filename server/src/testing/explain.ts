import { CompiledQuery } from 'kysely';
import type { Database, Statement } from '../database/database.ts';

/** A part of a statement that reads more than a page needs. */
export interface WidePart {
  readonly table: string;
  readonly access: 'full scan' | 'file sort';
  readonly statement: string;
}

interface ExplainRow {
  table: string | null;
  type: string | null;
  rows: string | null;
  Extra: string | null;
}

/** Rows that a page may touch in one table: more means that the statement grows with the table. */
const PAGE_ROWS = 400;

/** Explains a SELECT and finds full scans and file sorts of more rows than a page needs. */
export async function findWideParts(db: Database, { sql: text, parameters }: Statement): Promise<WidePart[]> {
  const { rows } = await db.executeQuery<ExplainRow>(CompiledQuery.raw(`explain ${text}`, [...parameters]));
  return rows.flatMap((row): WidePart[] => {
    if (row.table === null || Number(row.rows ?? 0) <= PAGE_ROWS) return [];
    const part = { table: row.table, statement: text.replace(/\s+/g, ' ').slice(0, 300) };
    if (row.type === 'ALL') return [{ ...part, access: 'full scan' }];
    return row.Extra?.includes('filesort') ? [{ ...part, access: 'file sort' }] : [];
  });
}
