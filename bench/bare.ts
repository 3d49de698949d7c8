import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Kysely, MysqlDialect } from 'kysely';
import { createPool } from 'mysql2';
import type { Schema } from '../server/src/database/generated/schema.gen.ts';
import { RUN_LIST } from '../server/src/features/runs/runs-list.ts';
import { createLister } from '../server/src/listing/lister.ts';

/** Of a range that few programs listen in. */
const FIRST_PORT = 40_000;

interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** The statements that a list of runs issues, with their parameters. */
async function statementsOfRunList(databaseUrl: string, project: string): Promise<Statement[]> {
  const statements: Statement[] = [];
  const db = new Kysely<Schema>({
    dialect: new MysqlDialect({ pool: createPool({ uri: databaseUrl, dateStrings: true }) }),
    log: ({ query }) => {
      statements.push({ sql: query.sql, parameters: query.parameters });
    },
  });
  const list = createLister(db, async () => project.replaceAll('-', ''));
  const user = { id: project, name: 'bench', isAdmin: true, isServiceAccount: false };
  await list(RUN_LIST, {
    query: { page: 1, size: 20, sort_by: 'created', logical_operator: 'and' },
    identity: { user },
  });
  await db.destroy();
  return statements;
}

/** Starts a bare Node handler that runs the same SQL as a list of runs: how fast the list could be at best. */
export async function startBare(databaseUrl: string, project: string): Promise<{ url: string; stop: () => void }> {
  const statements = await statementsOfRunList(databaseUrl, project);
  const port = FIRST_PORT + (process.pid % 10_000);
  const server = spawn(process.execPath, [fileURLToPath(new URL('bare-server.ts', import.meta.url))], {
    env: {
      ...process.env,
      BARE_STATEMENTS: JSON.stringify(statements),
      BARE_DATABASE_URL: databaseUrl,
      BARE_PORT: String(port),
    },
    stdio: 'inherit',
  });
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 100; attempt++) {
    if (
      await fetch(url).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return { url, stop: () => server.kill() };
    await sleep(50);
  }
  server.kill();
  throw new Error('The bare handler does not answer.');
}
