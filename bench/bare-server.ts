/** A bare Node HTTP handler: runs the statements of BARE_STATEMENTS (JSON) and answers their rows, nothing else. */
import { createServer } from 'node:http';
import { createPool } from 'mysql2/promise';

const statements = JSON.parse(process.env['BARE_STATEMENTS'] ?? '[]') as { sql: string; parameters: unknown[] }[];
const pool = createPool({
  uri: process.env['BARE_DATABASE_URL'] ?? '',
  connectionLimit: 20,
  timezone: 'Z',
  dateStrings: true,
});

createServer(async (_request, response) => {
  const rows: unknown[] = [];
  for (const { sql, parameters } of statements) rows.push((await pool.query(sql, parameters))[0]);
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(rows));
}).listen(Number(process.env['BARE_PORT']), '127.0.0.1');
