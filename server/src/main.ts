import { Command } from 'commander';
import { type Config, loadConfig } from './config/config.ts';
import { ConfigurationError } from './config/configuration-error.ts';
import { connectionProblem } from './database/connection-problem.ts';
import { createDatabase } from './database/database.ts';
import { DatabaseRefused } from './database/migrations/refusal.ts';
import { onceAvailable } from './database/unavailable.ts';
import { examine, report } from './doctor.ts';
import { createLogger } from './logging.ts';
import { rotateSecrets, UnreadableSecretsError } from './secrets/rotation.ts';
import { prepareDatabase, startServer } from './start.ts';

/** EX_CONFIG of sysexits.h: what is configured cannot work, and another try does not help. */
const EXIT_CONFIGURATION = 78;

async function serve(): Promise<void> {
  const config = readConfig();
  const log = createLogger(config.log);
  for (const warning of config.warnings) log.warn(warning);
  // Node would print the error as it is: a driver's with its statement, and the values in that.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'the server ends because of an error that nothing expects');
    process.exit(1);
  });
  const server = await startServer(config, log).catch((error: unknown) => {
    log.fatal({ err: error }, 'the server could not start');
    process.exit(explain(error, config));
  });
  log.info({ url: server.url }, 'listening');
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    const finished = await server.stop();
    log.info({ finished }, 'stopped');
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** Exit code 1 where something keeps runs from being started. */
async function doctor(): Promise<void> {
  const findings = await examine(readConfig());
  console.log(report(findings));
  process.exit(findings.some(({ severity }) => severity === 'error') ? 1 : 0);
}

/** For those who migrate before they roll out, and not with the first replica. It waits some minutes for the database. */
async function migrate(): Promise<void> {
  const config = readConfig();
  const log = createLogger(config.log);
  const database = createDatabase(config.store.database);
  const store = { ...config.store, migrationsDisabled: false };
  const work = () => prepareDatabase({ ...config, store }, database, log);
  const onWait = (err: unknown, seconds: number) => log.warn({ err, seconds }, 'the database does not answer yet');
  const code = await onceAvailable(work, onWait).then(
    () => 0,
    (error: unknown) => {
      log.fatal({ err: error }, 'the database could not be brought up to date');
      return explain(error, config);
    },
  );
  await database.destroy();
  process.exitCode = code;
}

async function rotateEncryptionKey(): Promise<void> {
  const config = readConfig();
  const { encryptionKey, previousEncryptionKey } = config.secretsStore;
  if (encryptionKey === undefined || previousEncryptionKey === undefined) {
    console.error(
      'Set ZENML_SECRETS_STORE_ENCRYPTION_KEY to the new key and ZENML_WORKSPACE_PREVIOUS_ENCRYPTION_KEY to the old one.',
    );
    process.exitCode = EXIT_CONFIGURATION;
    return;
  }
  const database = createDatabase(config.store.database);
  try {
    const { rotated, kept } = await rotateSecrets(database.db, encryptionKey, previousEncryptionKey);
    console.log(`${rotated} secrets were encrypted anew; ${kept} were under the new key before.`);
  } catch (error) {
    if (!(error instanceof UnreadableSecretsError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    await database.destroy();
  }
}

/** Says in a sentence what an operator can mend. @returns the exit code */
function explain(error: unknown, { store }: Config): number {
  const refused = error instanceof DatabaseRefused;
  const sentence = refused ? error.message : connectionProblem(error, store.database);
  if (sentence !== undefined) console.error(sentence);
  return refused ? EXIT_CONFIGURATION : 1;
}

function readConfig(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    console.error(error.message);
    process.exit(EXIT_CONFIGURATION);
  }
}

const program = new Command('zenml-workspace-server').description(
  'Configured by ZENML_ variables: docs/configuration.md',
);
program.command('serve', { isDefault: true }).description('serve until SIGTERM or SIGINT').action(serve);
program.command('doctor').description('say what keeps runs from being started, and what mends it').action(doctor);
program.command('migrate').description('bring the database up to date and end').action(migrate);
program
  .command('rotate-encryption-key')
  .description('encrypt all secrets with the new key, those of the previous one too')
  .action(rotateEncryptionKey);
await program.parseAsync();
