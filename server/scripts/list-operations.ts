/** Prints how many operations of the contract this server implements: `npm run operations`; `-- --missing` lists the rest. */
import { pino } from 'pino';
import { createAuthentication } from '../src/authentication.ts';
import { loadConfig } from '../src/config/config.ts';
import { readContract } from '../src/contract/document.ts';
import { listOperations } from '../src/contract/operation-index.ts';
import { workspaceAliases } from '../src/contract/workspace-aliases.ts';
import { createControlPlanePermissions } from '../src/control-plane/control-plane-permissions.ts';
import { createDatabase } from '../src/database/database.ts';
import { createOperations } from '../src/operations.ts';
import { guardHandlers } from '../src/permissions/guard.ts';
import { createSqlSecretsStore } from '../src/secrets/sql-secrets-store.ts';
import { createValueCipher } from '../src/secrets/value-cipher.ts';
import { enqueueLaunch } from '../src/workloads/dispatcher/launch-store.ts';

/** Nothing connects before the first statement, and none is sent. */
const config = loadConfig({ ZENML_STORE_URL: 'mysql://nobody:none@localhost/none' });
const database = createDatabase(config.store.database);
const { authentication, ...parts } = createAuthentication(config, database.db, '', pino());
const document = readContract();
const operationHandlers = {
  ...authentication,
  ...createOperations({
    settings: {
      description: {
        deployment_type: 'other',
        auth_scheme: config.auth.scheme,
        server_url: '',
        dashboard_url: '',
        secrets_store_type: 'sql',
        metadata: {},
        debug: false,
      },
      defaultProjectName: 'default',
      rootPath: '',
      poolSize: 1,
      downloadLimitBytes: 1,
      localFilesAllowed: false,
      logEntriesPerRequest: 1,
    },
    database,
    log: pino(),
    secretsStore: createSqlSecretsStore(createValueCipher(undefined)),
    ...parts,
    enqueueLaunch: (transaction, request) => enqueueLaunch(transaction, request, 0),
  }),
};

/** One operation is there only where a control plane decides permissions; it is never asked here. */
const handlers = guardHandlers(operationHandlers, {
  permissions: createControlPlanePermissions(async () => undefined),
  document,
  db: database.db,
  resolveProject: async () => '',
  log: pino(),
});
const operations = listOperations(document);
const aliases = workspaceAliases(operations);
const PROBES = ['/health', '/ready'];
const missing = operations.filter(
  ({ id, path }) => !(id in handlers || (aliases.get(id) ?? id) in handlers || PROBES.includes(path)),
);
const lines = [`${operations.length - missing.length} of ${operations.length} operations are implemented.`];
if (process.argv.includes('--missing')) lines.push(...missing.map(({ method, path }) => `${method.padEnd(6)} ${path}`));
process.stdout.write(`${lines.join('\n')}\n`);
process.exit();
