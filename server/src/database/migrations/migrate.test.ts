import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { createDatabase, type Database } from '../database.ts';
import {
  createEmptyTestDatabase,
  createTestDatabase,
  runOnServer,
  type TestDatabase,
} from '../testing/test-database.ts';
import { EXTRA_INDEXES } from './extra-indexes.ts';
import { migrateDatabase } from './migrate.ts';
import { DatabaseRefused } from './refusal.ts';

const readFacts = (file: string): string[] =>
  readFileSync(new URL(`../../../data/schema/${file}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .sort();

const open: TestDatabase[] = [];
const remember = (database: TestDatabase): TestDatabase => {
  open.push(database);
  return database;
};

afterEach(async () => {
  for (const database of open.splice(0)) await database.drop();
});

async function refusal(db: Database): Promise<DatabaseRefused> {
  const error: unknown = await migrateDatabase(db).catch((thrown: unknown) => thrown);
  if (!(error instanceof DatabaseRefused)) throw new Error('The database was not refused.', { cause: error });
  return error;
}

async function tableNames(db: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select table_name as name from information_schema.tables
    where table_schema = database()`.execute(db);
  return rows.map(({ name }) => name);
}

describe('an empty database', () => {
  test('gets the columns, indexes and foreign keys of ZenML 0.98.0 and nothing else but ours', async () => {
    const { db } = remember(await createTestDatabase());
    const foreign = sql`c.table_schema = database() and c.table_name not like 'ws\\_%'`;

    const columns = await sql<{ fact: string }>`select concat_ws('\t', table_name, column_name,
      case when column_type in ('int', 'int(11)') then 'int(11)' when column_type = 'json' then 'longtext'
        else column_type end,
      if(is_nullable = 'YES', 'null', 'not null'), coalesce(column_default, if(is_nullable = 'YES', 'NULL', ''))) as fact
      from information_schema.columns as c where ${foreign}`.execute(db);
    const indexes = await sql<{ fact: string }>`select concat_ws('\t', table_name, index_name,
      if(non_unique = 0, 'unique', 'index'), group_concat(column_name order by seq_in_index)) as fact
      from information_schema.statistics as c where ${foreign}
      group by table_name, index_name, non_unique`.execute(db);
    const foreignKeys = await sql<{ fact: string }>`select concat_ws('\t', c.table_name, c.constraint_name,
      group_concat(c.column_name order by c.ordinal_position), c.referenced_table_name,
      group_concat(c.referenced_column_name order by c.ordinal_position),
      if(r.delete_rule = 'NO ACTION', 'RESTRICT', r.delete_rule)) as fact
      from information_schema.key_column_usage as c
      join information_schema.referential_constraints as r
        on r.constraint_schema = c.table_schema and r.constraint_name = c.constraint_name and r.table_name = c.table_name
      where ${foreign} and c.referenced_table_name is not null
      group by c.table_name, c.constraint_name, c.referenced_table_name, r.delete_rule`.execute(db);

    const extra = EXTRA_INDEXES.map(({ table, name, columns: of }) => [table, name, 'index', of.join(',')].join('\t'));
    const facts = (rows: readonly { fact: string }[]): string[] => rows.map(({ fact }) => fact).sort();
    expect(facts(columns.rows)).toEqual(readFacts('columns.tsv'));
    expect(facts(indexes.rows)).toEqual([...readFacts('indexes.tsv'), ...extra].sort());
    expect(facts(foreignKeys.rows)).toEqual(readFacts('foreign-keys.tsv'));
  });

  test('keeps the two rules that ZenML states as checks', async () => {
    const { db } = remember(await createTestDatabase());
    const { rows } = await sql<{
      name: string;
    }>`select constraint_name as name from information_schema.table_constraints
      where constraint_schema = database() and constraint_type = 'CHECK' and constraint_name like 'ck\\_%'
      order by 1`.execute(db);
    expect(rows.map(({ name }) => name)).toEqual([
      'ck_run_wait_condition_resolved_requires_resolution',
      'ck_step_configuration_snapshot_step_run_exclusivity',
    ]);
  });

  test('is migrated once when four replicas start at the same moment', async () => {
    const { config } = remember(await createEmptyTestDatabase());
    const replicas = [1, 2, 3, 4].map(() => createDatabase({ ...config, poolSize: 1 }));
    const reports = await Promise.all(replicas.map(({ db }) => migrateDatabase(db))).finally(() =>
      Promise.all(replicas.map((replica) => replica.destroy())),
    );

    expect(reports.map(({ origin }) => origin).sort()).toEqual(['empty', 'ours', 'ours', 'ours']);
    expect(reports.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
  });

  test('is finished by the next start when the first was interrupted', async () => {
    const { db } = remember(await createTestDatabase());
    await sql`set foreign_key_checks = 0`.execute(db);
    await sql`delete from alembic_version`.execute(db);
    await sql`update ws_migration set finished = null`.execute(db);
    await sql`drop table tag_resource, api_transaction_result`.execute(db);

    expect((await migrateDatabase(db)).origin).toBe('empty');

    expect(await tableNames(db)).toEqual(expect.arrayContaining(['tag_resource', 'api_transaction_result']));
    expect(await db.selectFrom('alembic_version').selectAll().execute()).toEqual([{ version_num: '0.98.0' }]);
  });

  test('holds every character, whatever the default of its server', async () => {
    const { db, config, name } = remember(await createEmptyTestDatabase());
    await runOnServer(config, `alter database ${name} character set latin1`);
    await migrateDatabase(db);

    const row = { id: 'a'.repeat(32), created: '2026-01-01 00:00:00', updated: '2026-01-01 00:00:00' };
    const project = { ...row, name: 'p', display_name: 'Ω 🚀', description: '東京', project_metadata: '{}' };
    await db.insertInto('project').values(project).execute();
    expect(await db.selectFrom('project').selectAll().execute()).toEqual([project]);
  });
});

describe("the reference's database", () => {
  test('is adopted at revision 0.98.0, and known at the next start', async () => {
    const { db } = remember(await createTestDatabase());
    await sql`drop table ws_migration`.execute(db);

    expect((await migrateDatabase(db)).origin).toBe('reference');
    expect(await migrateDatabase(db)).toEqual({ origin: 'ours', applied: [] });
  });

  test('keeps the indexes that its foreign keys brought along', async () => {
    const { db } = remember(await createTestDatabase());
    const key = 'fk_artifact_version_project_id_project';
    const extra = 'ix_ws_artifact_version_project_id_created_id';
    // As the reference makes it: the foreign key alone, whose index then counts as generated.
    await sql
      .raw(`alter table artifact_version drop foreign key ${key}, drop index ${key}, drop index ${extra}`)
      .execute(db);
    await sql
      .raw(`alter table artifact_version add constraint ${key} foreign key (project_id) references project (id)
        on delete cascade`)
      .execute(db);
    await sql`drop table ws_migration`.execute(db);

    await migrateDatabase(db);

    const { rows } = await sql<{ name: string }>`select distinct index_name as name from information_schema.statistics
      where table_schema = database() and table_name = 'artifact_version'`.execute(db);
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining([key, extra]));
  });

  test.each([
    ['0.97.0', 'older', 'Start the ZenML server 0.98.0 on it once'],
    ['0.9.1', 'older', 'Start the ZenML server 0.98.0 on it once'],
    ['0.99.0', 'newer', 'Use a release of this server that is made for ZenML 0.99.0'],
    ['1.0.0', 'newer', 'Use a release of this server that is made for ZenML 1.0.0'],
    ['7b651bf6822e', 'unknown-revision', 'finish it with the ZenML server 0.98.0'],
  ])('is refused at revision %s as %s, and left as it was', async (revision, reason, advice) => {
    const { db } = remember(await createTestDatabase());
    await sql`drop table ws_migration`.execute(db);
    await db.updateTable('alembic_version').set({ version_num: revision }).execute();
    const before = await tableNames(db);

    const error = await refusal(db);

    expect(error).toMatchObject({ reason, exitCode: 78, message: expect.stringContaining(advice) });
    expect(await tableNames(db)).toEqual(before);
    expect(await db.selectFrom('alembic_version').selectAll().execute()).toEqual([{ version_num: revision }]);
  });

  test('is refused when a part of it is missing', async () => {
    const { db } = remember(await createTestDatabase());
    await sql`drop table ws_migration, tag_resource`.execute(db);
    expect(await refusal(db)).toMatchObject({
      reason: 'incomplete',
      message: expect.stringContaining('tag_resource.id'),
    });
  });
});

test('extra indexes are listed with their reason and begin with ix_ws_', () => {
  for (const { name, reason } of EXTRA_INDEXES) {
    expect(name).toMatch(/^ix_ws_/);
    expect(name.length).toBeLessThanOrEqual(64);
    expect(reason).toMatch(/\d ms/);
  }
});

describe('where migrations are disabled', () => {
  test('an empty database is refused and stays empty', async () => {
    const { db } = remember(await createEmptyTestDatabase());
    const error = migrateDatabase(db, { disabled: true });
    await expect(error).rejects.toMatchObject({ reason: 'migrations-disabled', exitCode: 78 });
    expect(await tableNames(db)).toEqual([]);
  });

  test('a database that lacks a step of ours is refused, one that has all is taken', async () => {
    const { db } = remember(await createTestDatabase());
    expect(await migrateDatabase(db, { disabled: true })).toEqual({ origin: 'ours', applied: [] });
    await sql`delete from ws_migration where name = 'index ix_ws_step_run_project_id_created_id'`.execute(db);
    await expect(migrateDatabase(db, { disabled: true })).rejects.toMatchObject({
      reason: 'migrations-disabled',
      message: expect.stringContaining('ix_ws_step_run_project_id_created_id'),
    });
    expect((await migrateDatabase(db)).applied).toEqual(['index ix_ws_step_run_project_id_created_id']);
  });
});

test('a database with the tables of another application is refused and left as it was', async () => {
  const { db } = remember(await createEmptyTestDatabase());
  await sql`create table wordpress_posts (id int primary key)`.execute(db);
  expect(await refusal(db)).toMatchObject({ reason: 'foreign', message: expect.stringContaining('wordpress_posts') });
  expect(await tableNames(db)).toEqual(['wordpress_posts']);
});
