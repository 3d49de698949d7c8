import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { createDatabase, type DatabaseConfig, type DatabaseHandle } from './database.ts';
import { testDatabaseServer } from './testing/test-database.ts';

const server: DatabaseConfig = { ...testDatabaseServer(), database: 'information_schema' };
const open: { destroy(): Promise<void> }[] = [];

afterEach(async () => {
  for (const handle of open.splice(0).reverse()) await handle.destroy();
});

function openDatabase(changes: Partial<DatabaseConfig>): DatabaseHandle {
  const handle = createDatabase({ ...server, ...changes });
  open.push(handle);
  return handle;
}

async function connectionId({ db }: DatabaseHandle): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`select connection_id() as id`.execute(db);
  return rows[0]?.id;
}

test('every connection has its session settings', async () => {
  const { db } = openDatabase({ lockTimeoutSeconds: 7, statementTimeoutSeconds: 21 });
  const { rows } = await sql`show session variables where variable_name in ('sql_mode', 'time_zone',
    'innodb_lock_wait_timeout', 'tx_isolation', 'transaction_isolation', 'max_statement_time')`.execute(db);
  const values = (rows as { Variable_name: string; Value: string }[]).map((row) => [row.Variable_name, row.Value]);
  expect(Object.fromEntries(values)).toMatchObject({
    sql_mode: 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
    time_zone: '+00:00',
    innodb_lock_wait_timeout: '7',
  });
  const isolation = values.filter(([name]) => name?.endsWith('isolation')).map(([, value]) => value);
  expect(new Set(isolation)).toEqual(new Set(['READ-COMMITTED']));
});

test('a statement that takes too long is ended, and the next one is served', async () => {
  const handle = openDatabase({ poolSize: 1, statementTimeoutSeconds: 1 });
  // Not `sleep`: MySQL and MariaDB end it without an error.
  const endless = sql`select count(*) from columns a, columns b, columns c, columns d`.execute(handle.db);
  await expect(endless).rejects.toThrow(/max_statement_time|maximum statement execution time/i);
  expect(await connectionId(handle)).toEqual(expect.any(Number));
});

test('a connection that the server closed is replaced without an error', async () => {
  const handle = openDatabase({ poolSize: 1 });
  const first = await connectionId(handle);
  await sql.raw(`kill ${first}`).execute(openDatabase({}).db);
  for (let turn = 0; handle.poolState().total > 0 && turn < 100; turn++) await sleep(20);
  const second = await connectionId(handle);
  expect(second).not.toBe(first);
  expect(handle.poolState()).toEqual({ total: 1, idle: 1, waiting: 0 });
});

test('a connection that a firewall dropped without a word is found out and replaced', async () => {
  const { port, silence } = await startProxy();
  const handle = openDatabase({ host: '127.0.0.1', port, poolSize: 1 });
  const first = await connectionId(handle);
  silence();
  const { now } = Date;
  Date.now = () => now() + 60_000;
  try {
    expect(await connectionId(handle)).not.toBe(first);
  } finally {
    Date.now = now;
  }
});

test('a connection to a server that became read-only is left, also in the middle of a transaction', async () => {
  const handle = openDatabase({ poolSize: 1 });
  const first = await connectionId(handle);
  const failover = handle.db.transaction().execute(async (transaction) => {
    await sql`signal sqlstate 'HY000' set mysql_errno = 1290, message_text = 'read-only'`.execute(transaction);
  });
  await expect(failover).rejects.toMatchObject({ errno: 1290, code: 'ER_OPTION_PREVENTS_STATEMENT' });
  expect(await connectionId(handle)).not.toBe(first);
});

test('a connection that is lost in the middle of a transaction says so, with the code that clients are told', async () => {
  const handle = openDatabase({ poolSize: 1 });
  const other = openDatabase({});
  const lost = handle.db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ id: number }>`select connection_id() as id`.execute(transaction);
    await sql.raw(`kill ${rows[0]?.id}`).execute(other.db);
    for (let turn = 0; handle.poolState().total > 0 && turn < 100; turn++) await sleep(20);
    await sql`select 1`.execute(transaction);
  });
  await expect(lost).rejects.toMatchObject({ code: 'PROTOCOL_CONNECTION_LOST' });
  expect(await connectionId(handle)).toEqual(expect.any(Number));
});

test('the pool ends although the server owes an answer', async () => {
  const { port, silence } = await startProxy();
  const handle = createDatabase({ ...server, host: '127.0.0.1', port });
  await connectionId(handle);
  silence();
  connectionId(handle).catch(() => 'is cut off');
  for (let turn = 0; handle.poolState().idle > 0 && turn < 100; turn++) await sleep(20);
  await expect(handle.destroy()).resolves.toBeUndefined();
});

test('a database that cannot be reached is an error at once, with its code', async () => {
  const handle = openDatabase({ port: 1 });
  // By what mysql2 marks it with, it is known for the database's.
  await expect(connectionId(handle)).rejects.toMatchObject({ code: 'ECONNREFUSED', fatal: true });
  expect(handle.poolState().total).toBe(0);
});

/** Passes bytes to the database; `silence` stops that for the connections of now, and closes nothing. */
async function startProxy(): Promise<{ port: number; silence(): void }> {
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const target = connect(server.port, server.host);
    client.pipe(target).pipe(client);
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  open.push({
    async destroy() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  });
  const silence = () => {
    for (const socket of sockets) socket.unpipe().pause();
  };
  return { port: (proxy.address() as AddressInfo).port, silence };
}
