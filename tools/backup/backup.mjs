import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGunzip, createGzip } from 'node:zlib';
import { Failure } from '../bootstrap/failure.mjs';
import { findProgram } from '../bootstrap/process.mjs';
import { tlsOptions } from './tls-options.mjs';

const usage = `Copies the server's database into a file, or a file into an empty database.

  npm run backup -- --to FILE.sql.gz [--database-url URL]
  npm run restore -- --from FILE.sql.gz [--database-url URL] [--replace]

  --database-url URL  mysql://USER:PASSWORD@HOST:PORT/DATABASE (default: ZENML_STORE_URL)
  --replace           restore: drop the tables that the database has

The connection is encrypted as the server's is: by ZENML_STORE_SSL, _SSL_CA, _SSL_CERT, _SSL_KEY, _SSL_VERIFY_SERVER_CERT, or by
the URL's ?ssl=true, ssl_ca and so on. MariaDB's client checks the authority only where the host is to be checked, too.

The copy is consistent, as of its beginning, and the server goes on meanwhile. It holds the values of secrets as the database
does: encrypted, where ZENML_SECRETS_STORE_ENCRYPTION_KEY is set. Keep the keys elsewhere. Needs mariadb-dump and mariadb, or
mysqldump and mysql, on PATH.`;

/** The last line of a complete dump, of MySQL and of MariaDB. */
const COMPLETE = '-- Dump completed';

/** Writes the database into a file, which is there only when it is complete. @throws {Failure} */
export async function backUp(databaseUrl, file) {
  const program = needed(['mariadb-dump', 'mysqldump']);
  // Foreign keys and the like are checked at the end of a restore. Tablespaces, and the ids of transactions that MySQL's
  // client would set, take rights that the owner of one database has not; MariaDB's knows no such option.
  const options = ['--single-transaction', '--quick', '--no-tablespaces', '--skip-lock-tables', '--hex-blob'];
  options.push('--loose-set-gtid-purged=OFF');
  const part = `${file}.part`;
  const { child, ended } = run(program, databaseUrl, options, ['ignore', 'pipe', 'pipe']);
  const end = lastCharacters();
  try {
    await Promise.all([pipeline(child.stdout, end, createGzip(), createWriteStream(part, { mode: 0o600 })), ended]);
    if (!end.text().includes(COMPLETE)) throw new Failure(`${program} ended before its copy was complete.`);
    renameSync(part, file);
  } finally {
    rmSync(part, { force: true });
  }
}

/** Fills a database from a file. @throws {Failure} where it has tables, unless they are to be replaced */
export async function restore(databaseUrl, file, { replace = false } = {}) {
  if (!existsSync(file)) throw new Failure(`There is no file ${file}.`);
  await checkComplete(file);
  const program = needed(['mariadb', 'mysql']);
  const tables = (await query(program, databaseUrl, 'show tables')).split('\n').filter(Boolean);
  if (tables.length > 0) {
    if (!replace) throw new Failure(`The database has ${tables.length} tables. Name an empty one, or give --replace.`);
    const list = tables.map((table) => `\`${table}\``).join(', ');
    await query(program, databaseUrl, `set foreign_key_checks = 0; drop table ${list}`);
  }
  const { child, ended } = run(program, databaseUrl, ['--batch'], ['pipe', 'ignore', 'pipe']);
  const [fed, done] = await Promise.allSettled([pipeline(createReadStream(file), createGunzip(), child.stdin), ended]);
  // What a client says that ends early tells more than that it no longer reads.
  for (const outcome of [done, fed]) if (outcome.status === 'rejected') throw outcome.reason;
}

/** A file that was cut off must not empty a database first. */
async function checkComplete(file) {
  const end = lastCharacters();
  await pipeline(createReadStream(file), createGunzip(), end, async (chunks) => {
    for await (const _chunk of chunks);
  }).catch((error) => {
    throw new Failure(`${file} is no complete copy: ${error.message}`);
  });
  if (!end.text().includes(COMPLETE)) throw new Failure(`${file} is no complete copy of a database.`);
}

/** Passes everything on, and keeps the end of it. */
function lastCharacters() {
  let kept = '';
  const transform = new Transform({
    transform(chunk, _encoding, done) {
      kept = (kept + chunk.toString('latin1')).slice(-500);
      done(null, chunk);
    },
  });
  return Object.assign(transform, { text: () => kept });
}

function needed(names) {
  const program = findProgram(names);
  if (program === undefined)
    throw new Failure(`${names.join(' or ')} is not on PATH: install MariaDB's or MySQL's client.`);
  return program;
}

async function query(program, databaseUrl, statement) {
  const { child, ended } = run(
    program,
    databaseUrl,
    ['--batch', '--skip-column-names', '-e', statement],
    ['ignore', 'pipe', 'pipe'],
  );
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  await ended;
  return Buffer.concat(chunks).toString('utf8');
}

/** Runs a client; the password goes by its environment, where the list of processes does not show it. */
function run(program, databaseUrl, options, stdio) {
  const url = parsed(databaseUrl);
  const given = [
    '--no-defaults',
    `--host=${url.hostname}`,
    `--port=${url.port || 3306}`,
    `--user=${decodeURIComponent(url.username)}`,
    ...tlsOptions(program, url.searchParams),
    '--default-character-set=utf8mb4',
    ...options,
    decodeURIComponent(url.pathname.slice(1)),
  ];
  const child = spawn(program, given, { stdio, env: { ...process.env, MYSQL_PWD: decodeURIComponent(url.password) } });
  const errors = [];
  child.stderr.on('data', (chunk) => errors.push(chunk));
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new Failure(`${program} ended with exit code ${code}: ${Buffer.concat(errors).toString('utf8').trim()}`),
        );
    });
  });
  // Whoever waits for its output first must not leave it unhandled.
  ended.catch(() => {});
  return { child, ended };
}

function parsed(databaseUrl) {
  const url = databaseUrl !== undefined && URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  if (url?.protocol !== 'mysql:' || url.pathname.length < 2) {
    throw new Failure('Give --database-url mysql://USER:PASSWORD@HOST:PORT/DATABASE, or set ZENML_STORE_URL.');
  }
  return url;
}

async function main([command, ...args]) {
  const string = { type: 'string' };
  const boolean = { type: 'boolean' };
  const { values } = parseArgs({
    args,
    options: { to: string, from: string, 'database-url': string, replace: boolean, help: boolean },
  });
  const url = values['database-url'] ?? process.env.ZENML_STORE_URL;
  if (values.help) console.log(usage);
  else if (command === 'backup' && values.to) await backUp(url, values.to);
  else if (command === 'restore' && values.from) await restore(url, values.from, { replace: values.replace });
  else throw new Failure(usage);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(process.argv.slice(2)).catch((error) => {
    if (!(error instanceof Failure) && error.code?.startsWith?.('ERR_PARSE_ARGS') !== true) throw error;
    console.error(error.message);
    process.exitCode = 1;
  });
}
