import { Command } from 'commander';
import { type Config, loadConfig } from './config/config.ts';
import { ConfigurationError } from './config/configuration-error.ts';
import { DatabaseRefused } from './database/migrations/refusal.ts';
import { examine, report } from './doctor.ts';
import { createLogger } from './logging.ts';
import { startServer } from './start.ts';

/** EX_CONFIG of sysexits.h: what is configured cannot work, and another try does not help. */
const EXIT_CONFIGURATION = 78;

async function serve(): Promise<void> {
  const config = readConfig();
  const log = createLogger(config.log);
  for (const warning of config.warnings) log.warn(warning);
  const server = await startServer(config, log).catch((error: unknown) => {
    log.fatal({ err: error }, 'the server could not start');
    if (error instanceof DatabaseRefused) console.error(error.message);
    process.exit(error instanceof DatabaseRefused ? EXIT_CONFIGURATION : 1);
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
await program.parseAsync();
