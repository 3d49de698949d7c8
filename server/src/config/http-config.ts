import { z } from 'zod';
import { boolean, decimal, integer, list, networks, text } from './formats.ts';
import { optional, type ValuesOf, variable } from './variable.ts';

const MEBIBYTE = 1024 * 1024;

/** `/a/b`: the slash in front is added, the one at the end dropped. */
const rootPath = z
  .string()
  .regex(/^[\w.~/-]*$/)
  .transform((path) => {
    const inner = path.replace(/^\/+|\/+$/g, '');
    return inner && `/${inner}`;
  })
  .describe('a path such as `/zenml`');

/** What every request passes. */
export const httpVariables = {
  rootPath: variable('ZENML_SERVER_ROOT_URL_PATH', rootPath, '', {
    fallbackText: 'none',
    doc: 'Path under which a proxy serves the API, whether it strips that or not. The OpenAPI document and the addresses of webhooks have it.',
  }),
  trustedProxies: variable('FORWARDED_ALLOW_IPS', networks, ['127.0.0.1'], {
    doc: 'Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, by their addresses or networks: behind others every client has the proxy’s address, and all share one limit of log-ins. `*` is for servers that only a proxy reaches.',
  }),
  corsOrigins: variable('ZENML_SERVER_CORS_ALLOW_ORIGINS', list, ['*'], {
    doc: 'Origins whose pages may call the API.',
  }),
  bodyLimitBytes: variable('ZENML_SERVER_MAX_REQUEST_BODY_SIZE_IN_BYTES', integer(1), 256 * MEBIBYTE, {
    doc: 'Largest body of a request; a larger one is answered with 413. That of a log-in is 64 KiB at most, of an event 25 MiB.',
  }),
  idempotencyEnabled: variable('ZENML_SERVER_REQUEST_DEDUPLICATION', boolean, true, {
    doc: 'Whether a request that repeats an `Idempotency-Key` gets the first answer instead of being done again.',
  }),
  idempotencyLifetimeSeconds: variable('ZENML_SERVER_REQUEST_CACHE_TIMEOUT', integer(1), 300, {
    doc: 'How long answers are kept for that.',
  }),
  idempotencyCleanupIntervalSeconds: variable('ZENML_SERVER_API_TRANSACTION_CLEANUP_INTERVAL', integer(1), 15, {
    doc: 'How often answers past that time are deleted.',
  }),
  idempotencyCleanupBatchSize: variable('ZENML_SERVER_API_TRANSACTION_CLEANUP_BATCH_SIZE', integer(1, 10_000), 1000, {
    doc: 'How many of them a statement deletes.',
  }),
  idempotencyCleanupBudgetSeconds: variable('ZENML_SERVER_API_TRANSACTION_CLEANUP_TIME_BUDGET', decimal(0.001, 10), 1, {
    doc: 'How long one round of deleting may take; not above the interval.',
  }),
  downloadLimitBytes: variable('ZENML_SERVER_FILE_DOWNLOAD_SIZE_LIMIT', integer(1), 2048 * MEBIBYTE, {
    doc: 'Largest artifact or archive that is handed through to a client.',
  }),
  logEntriesPerRequest: variable('ZENML_LOGS_MAX_ENTRIES_PER_REQUEST', integer(1), 50_000, {
    doc: 'Most lines of a run’s log in one answer.',
  }),
  localFilesAllowed: variable('ZENML_SERVER_ALLOW_LOCAL_FILE_ACCESS', boolean, false, {
    doc: 'Whether artifacts of a local artifact store are read from this server’s disk. Only where it runs on its user’s own machine.',
  }),
  dashboardDirectory: optional('ZENML_WORKSPACE_DASHBOARD_DIR', text, {
    formerName: 'ZENML_SERVER_DASHBOARD_FILES_PATH',
    unset: 'no dashboard',
    doc: 'Directory with the dashboard’s built files, `index.html` among them.',
  }),
};

export type HttpConfig = ValuesOf<typeof httpVariables>;
