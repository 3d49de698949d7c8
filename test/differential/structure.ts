import type { RowDataPacket } from 'mysql2/promise';
import { createConnection } from 'mysql2/promise';

const facts = [
  "SELECT CONCAT('revision ', version_num) AS fact FROM alembic_version",
  `SELECT CONCAT_WS(' ', 'column', table_name, column_name, column_type, is_nullable, column_default) AS fact
    FROM information_schema.columns WHERE table_schema = DATABASE()`,
  `SELECT CONCAT_WS(' ', 'index', table_name, index_name, non_unique, seq_in_index, column_name) AS fact
    FROM information_schema.statistics WHERE table_schema = DATABASE()`,
];

/** What migrations decide of a database: its revision, its columns and its indexes. */
export async function readStructure(databaseUrl: string): Promise<Set<string>> {
  const connection = await createConnection(databaseUrl);
  try {
    const found = new Set<string>();
    for (const statement of facts) {
      const [rows] = await connection.query<RowDataPacket[]>(statement);
      for (const { fact } of rows) found.add(String(fact));
    }
    return found;
  } finally {
    await connection.end();
  }
}
