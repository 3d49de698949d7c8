import { sql } from 'kysely';
import { readContract } from '../contract/document.ts';
import { listOperations } from '../contract/operation-index.ts';
import { createOneOfEverything } from '../testing/one-of-everything.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const UNKNOWN = '00000000-0000-4000-8000-000000000000';
const BODIES: readonly unknown[] = [
  '{"name": ',
  [],
  {},
  { name: 5, project: 'no-id', id: true, status: 'no-status', tags: 'x' },
  { name: 'refused', project: UNKNOWN, stack: UNKNOWN, pipeline: UNKNOWN, run: UNKNOWN, snapshot: UNKNOWN },
];

let server: TestServer;
let tables: readonly string[];

beforeAll(async () => {
  server = await startTestServer();
  await createOneOfEverything(server);
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = database()`.execute(
    server.database.db,
  );
  tables = rows.map(({ name }) => name);
});
afterAll(() => server.stop());

/** Checksums of all tables, by their names. */
async function checksums(): Promise<object> {
  const names = sql.join(tables.map((name) => sql.table(name)));
  const { rows } = await sql<{ Table: string; Checksum: number }>`checksum table ${names}`.execute(server.database.db);
  return Object.fromEntries(rows.map(({ Table, Checksum }) => [Table, Checksum]));
}

const writes = listOperations(readContract()).filter(({ method }) => method !== 'GET');

/** Requests that an operation refuses, but for few that take one of the bodies. */
function requestsOf({ method, path }: (typeof writes)[number]) {
  const addresses = (path.includes('{') ? [UNKNOWN, 'no-id'] : ['']).map((id) =>
    path.replace('/api/v1', '').replaceAll(/\{[^}]+\}/g, id),
  );
  const bodies = method === 'DELETE' ? [undefined] : BODIES;
  return addresses.flatMap((address) => bodies.map((body) => ({ method, address, body })));
}

/** @returns whether all were refused; then no row has changed */
async function expectNoChange(requests: ReturnType<typeof requestsOf>): Promise<boolean> {
  const before = await checksums();
  const statuses: number[] = [];
  for (const { method, address, body } of requests) statuses.push((await server.call(method, address, body)).status);
  if (!statuses.every((status) => status >= 400)) return false;
  expect({ requests, rows: await checksums() }).toEqual({ requests, rows: before });
  return true;
}

test('What is refused changes no row', async () => {
  for (const requests of writes.map(requestsOf)) {
    if (await expectNoChange(requests)) continue;
    // One of them was taken: the others one by one.
    for (const request of requests) await expectNoChange([request]);
  }
});
