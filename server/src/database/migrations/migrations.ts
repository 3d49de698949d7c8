import { type Kysely, sql } from 'kysely';
import type { Schema } from '../generated/schema.gen.ts';
import { EXTRA_INDEXES, type ExtraIndex } from './extra-indexes.ts';

/**
 * One step that a database takes once. MySQL commits each DDL statement by itself, so a step may be interrupted in the
 * middle and run again: every statement in it must bear that.
 */
export interface Migration {
  /** Recorded in `ws_migration`; never changes once released. */
  readonly name: string;
  run(connection: Kysely<Schema>): Promise<void>;
}

/** Tables of our own, oldest first. Character set and collation are the database's, as those of the ids they refer to. */
const OWN_TABLES: readonly Migration[] = [
  {
    name: 'table ws_rate_limit',
    async run(connection) {
      await sql`create table if not exists ws_rate_limit (
        subject varchar(191) not null,
        window_seconds int not null,
        tries int not null,
        ends datetime not null,
        primary key (subject, window_seconds)
      ) engine = InnoDB`.execute(connection);
    },
  },
  {
    name: 'table ws_launch',
    async run(connection) {
      await sql`create table if not exists ws_launch (
        id char(32) not null,
        run_id char(32) not null,
        project_id char(32) not null,
        snapshot_id char(32) not null,
        user_id char(32) null,
        kind varchar(16) not null,
        number int not null,
        status varchar(16) not null,
        attempts int not null,
        created datetime(3) not null,
        due datetime(3) not null,
        claim char(32) null,
        claimed_until datetime(3) null,
        claimed_at datetime(3) null,
        primary key (id),
        unique key launch_of_run (run_id, number),
        key due_launches (status, due),
        key due_of_project (project_id, status, due),
        key claims_of_project (project_id, claimed_at)
      ) engine = InnoDB`.execute(connection);
    },
  },
  {
    name: 'table ws_log_archive',
    async run(connection) {
      await sql`create table if not exists ws_log_archive (
        run_id char(32) not null,
        number int not null,
        status varchar(16) not null,
        parts int not null,
        cursor_after varchar(100) character set ascii collate ascii_bin null,
        gap text null,
        outage_since datetime(3) null,
        created datetime(3) not null,
        claim char(32) null,
        claimed_until datetime(3) null,
        primary key (run_id, number),
        key unclaimed_logs (status, claimed_until)
      ) engine = InnoDB`.execute(connection);
    },
  },
  {
    name: 'table ws_log_part',
    async run(connection) {
      await sql`create table if not exists ws_log_part (
        run_id char(32) not null,
        number int not null,
        part int not null,
        name varchar(1000) not null,
        last_cursor varchar(100) character set ascii collate ascii_bin not null,
        line_count int not null,
        bytes int not null,
        written tinyint not null,
        primary key (run_id, number, part)
      ) engine = InnoDB`.execute(connection);
    },
  },
  {
    name: 'table ws_launch_end',
    async run(connection) {
      await sql`create table if not exists ws_launch_end (
        run_id char(32) not null,
        number int not null,
        reason text not null,
        last_seen mediumtext not null,
        created datetime(3) not null,
        primary key (run_id, number)
      ) engine = InnoDB`.execute(connection);
    },
  },
  {
    name: 'table ws_trigger_firing',
    async run(connection) {
      await sql`create table if not exists ws_trigger_firing (
        id char(32) not null,
        trigger_id char(32) not null,
        snapshot_id char(32) not null,
        occurrence varchar(100) character set ascii collate ascii_bin not null,
        info text null,
        attempts int not null,
        due datetime(3) not null,
        created datetime(3) not null,
        primary key (id),
        unique key firing_of_occurrence (trigger_id, snapshot_id, occurrence),
        key due_firings (due)
      ) engine = InnoDB`.execute(connection);
    },
  },
  {
    name: 'table ws_launch_build',
    async run(connection) {
      await sql`create table if not exists ws_launch_build (
        run_id char(32) not null,
        number int not null,
        build_id varchar(63) not null,
        primary key (run_id, number, build_id)
      ) engine = InnoDB`.execute(connection);
    },
  },
];

/** All of our own steps, in their order. ZenML's tables are there before. */
export function ownMigrations(): Migration[] {
  return [...OWN_TABLES, ...EXTRA_INDEXES.map(addIndex)];
}

function addIndex({ table, name, columns }: ExtraIndex): Migration {
  return {
    name: `index ${name}`,
    async run(connection) {
      const before = await readIndexes(connection, table);
      if (!before.has(name)) await createIndex(connection, table, name, columns);
      // An index that a foreign key brought along is dropped silently once another serves the key. ZenML's own later
      // migrations may name it, so it stays.
      const after = await readIndexes(connection, table);
      for (const [lost, itsColumns] of before) {
        if (!after.has(lost)) await createIndex(connection, table, lost, itsColumns);
      }
    },
  };
}

/** The columns of each index, in their order, by the index's name. */
async function readIndexes(connection: Kysely<Schema>, table: string): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ name: string; col: string }>`select index_name as name, column_name as col
    from information_schema.statistics where table_schema = database() and table_name = ${table}
    order by index_name, seq_in_index`.execute(connection);
  const indexes = new Map<string, string[]>();
  for (const { name, col } of rows) indexes.set(name, [...(indexes.get(name) ?? []), col]);
  return indexes;
}

async function createIndex(
  connection: Kysely<Schema>,
  table: string,
  name: string,
  columns: readonly string[],
): Promise<void> {
  const list = sql.join(columns.map((column) => sql.ref(column)));
  await sql`${UNLIMITED} create index ${sql.ref(name)} on ${sql.table(table)} (${list})`.execute(connection);
}

/** An index on a large table takes longer than MariaDB lets a statement of a request run; MySQL limits only reads. */
const UNLIMITED = sql.raw('/*M!100100 set statement max_statement_time = 0 for */');
