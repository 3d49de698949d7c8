/** `npm start`: the server on an embedded default, on a machine with nothing but some Node and npm. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDashboard } from './bootstrap/dashboard.mjs';
import { ensureDependencies } from './bootstrap/dependencies.mjs';
import { Failure, reportFailure } from './bootstrap/failure.mjs';
import { ensureNode } from './bootstrap/node.mjs';
import { startPrivateDatabase } from './bootstrap/private-database.mjs';
import { refuseAddress } from './start/address.mjs';
import { banner } from './start/banner.mjs';
import { takeDataDirectory } from './start/data-directory.mjs';
import { keptSecrets } from './start/kept-secrets.mjs';
import { localUrl, parseOptions, usage } from './start/options.mjs';
import { mayLogIn, serverEnvironment, startServer } from './start/server.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = reportFailure(error);
}
// Nothing that still holds the event loop (a fetch that was kept alive, a signal handler) may delay the end.
process.exit();

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(usage);
    return 0;
  }
  await ensureNode(fileURLToPath(import.meta.url));
  const asked = terminationAsked();
  // Who reads what we print may go before us; that ends nothing.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
  const data = takeDataDirectory(options.dataDirectory);
  try {
    await refuseAddress(options.host, options.port);
    await ensureDependencies(root, 'server');
    return await serve(options, asked, data.lost);
  } finally {
    data.release();
  }
}

/** Resolves at the first signal that asks us to end; later ones change nothing, so that the stop stays orderly. */
function terminationAsked() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve(signal));
  });
}

/** Database, then server, until asked to stop, one of them ends or their data vanish; then server, then database. */
async function serve(options, asked, lost) {
  const started = [];
  const stopped = asked.then((signal) => ({ signal }));
  try {
    const early = await Promise.race([bringUp(options, started), stopped, lost]);
    return early?.signal ? 0 : await waitForEnd([stopped, lost], started);
  } finally {
    for (const part of started.reverse()) await part.stop();
  }
}

async function bringUp(options, started) {
  const secrets = keptSecrets(options.dataDirectory);
  // Both may take a while on a first start: side by side.
  const [dashboard, database] = await Promise.all([findDashboard(options), openDatabase(options, secrets, started)]);
  await openServer(options, secrets, database.url, dashboard, started);
}

/** The dashboard's folder, or why there is none: the API works without it. */
async function findDashboard({ dashboard }) {
  if (!dashboard) return { why: 'off (--no-dashboard)' };
  const given = process.env.ZENML_WORKSPACE_DASHBOARD_DIR || process.env.ZENML_SERVER_DASHBOARD_FILES_PATH;
  if (given) return { directory: given };
  try {
    return { directory: await ensureDashboard() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const why = `not available: ${error.message}`;
    console.log(`Dashboard ${why}`);
    return { why };
  }
}

async function openDatabase({ databaseUrl, dataDirectory }, { databasePassword }, started) {
  if (databaseUrl !== undefined) return { url: databaseUrl };
  const directory = join(dataDirectory, 'database');
  const account = { user: 'zenml', password: databasePassword, database: 'zenml' };
  const database = await startPrivateDatabase({ directory, ...account });
  started.push({ name: 'database', exited: database.exited, stop: database.stop, log: database.log });
  return database;
}

async function openServer(options, secrets, databaseUrl, dashboard, started) {
  const { host, port, dataDirectory } = options;
  const url = localUrl(host, port);
  const log = join(dataDirectory, 'server.log');
  const user = process.env.ZENML_DEFAULT_USER_NAME || 'default';
  const password = process.env.ZENML_DEFAULT_USER_PASSWORD ?? secrets.defaultUserPassword;
  const environment = serverEnvironment({
    host,
    port,
    databaseUrl,
    dashboardDirectory: dashboard.directory,
    userName: user,
    userPassword: password,
    jwtSecretKey: secrets.jwtSecretKey,
    secretsEncryptionKey: secrets.secretsEncryptionKey,
  });
  const server = await startServer({ root, url, environment, log, echoErrors: true });
  started.push({ name: 'server', exited: server.exited, stop: () => server.stop(), log });
  const works = await mayLogIn(url, user, password);
  const shown = dashboard.directory ? 'at that URL' : dashboard.why;
  console.log(
    banner({ url, host, user, password: works ? password : undefined, dashboard: shown, dataDirectory, log }),
  );
}

/** The exit code: 0 where we were asked to stop, the part's own (or 1) where one ended by itself. */
async function waitForEnd(others, started) {
  const ends = started.map(async (part) => ({ part, code: await part.exited }));
  const first = await Promise.race([...others, ...ends]);
  if (first.signal !== undefined) {
    console.log('\nStopping …');
    return 0;
  }
  console.error(`The ${first.part.name} ended by itself with exit code ${first.code}; see ${first.part.log}.`);
  return first.code || 1;
}
