import { z } from 'zod';
import type { Environment } from './environment.ts';
import { decimal, oneOf, port, text } from './formats.ts';
import { optional, type ValuesOf, variable } from './variable.ts';

/** What the process listens on and how it stops. */
export const processVariables = {
  host: variable('ZENML_WORKSPACE_HOST', text, '127.0.0.1', {
    doc: 'Address to listen on. `0.0.0.0` is every IPv4 address of the machine, as a container needs it.',
  }),
  port: variable('ZENML_WORKSPACE_PORT', port, 8080, { doc: 'Port of API and dashboard; 0 takes a free one.' }),
  metricsPort: optional('ZENML_WORKSPACE_METRICS_PORT', port, {
    unset: 'no metrics',
    doc: 'Port of Prometheus metrics, at `/metrics`: apart from the API, so that it is not open where the API is.',
  }),
  drainDelaySeconds: variable('ZENML_WORKSPACE_DRAIN_DELAY_SECONDS', decimal(0, 3600), 0, {
    doc: 'How long requests are accepted after SIGTERM while `/ready` fails already: as long as the load balancer needs to notice.',
  }),
  shutdownTimeoutSeconds: variable('ZENML_WORKSPACE_SHUTDOWN_TIMEOUT_SECONDS', decimal(0, 3600), 30, {
    doc: 'How long running requests may take to finish after that.',
  }),
};

/** Where the server listens, and how it stops. */
export type ProcessConfig = ValuesOf<typeof processVariables>;

/** ZenML's names of levels (enums.py LoggingLevels) and pino's. */
const LEVELS = {
  NOTSET: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'fatal',
} as const;

/** A level as pino names it. */
export type LogLevel = (typeof LEVELS)[keyof typeof LEVELS];

const verbosity = z
  .string()
  .transform((name) => name.toUpperCase())
  .pipe(z.enum(Object.keys(LEVELS) as [keyof typeof LEVELS]))
  .transform((name): LogLevel => LEVELS[name])
  .describe(
    `one of ${Object.keys(LEVELS)
      .map((name) => `\`${name}\``)
      .join(', ')}`,
  );

/** What the server logs, to its standard output. */
export const logVariables = {
  level: optional('ZENML_LOGGING_VERBOSITY', verbosity, {
    unset: '`INFO`; `DEBUG` with `ZENML_DEBUG`',
    doc: 'The least important messages that are logged. `DEBUG` has a line for every request.',
  }),
  format: variable('ZENML_WORKSPACE_LOG_FORMAT', oneOf('json', 'text'), 'json', {
    doc: '`json` for machines: one object a line; `text` for people.',
  }),
};

/** What is logged, and how it looks. */
export interface LogConfig {
  readonly level: LogLevel;
  readonly format: 'json' | 'text';
}

/** @param debug whether the default is to log everything */
export function readLogConfig(environment: Environment, debug: boolean): LogConfig {
  const { level = debug ? 'debug' : 'info', format } = environment.read(logVariables);
  return { level, format };
}
