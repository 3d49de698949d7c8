import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createApp } from '../app.ts';
import type { Identity } from '../auth/identity.ts';
import type { Permissions } from '../auth/permissions.ts';
import { createAuthentication } from '../authentication.ts';
import { type Config, loadConfig } from '../config/config.ts';
import type { Database } from '../database/database.ts';
import { fromDatabaseId, newId } from '../database/ids.ts';
import { now } from '../database/instants.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing/test-database.ts';
import type { Preflight } from '../features/snapshot-runs/dry-run.ts';
import type { Metrics } from '../http/metrics.ts';
import { createSqlSecretsStore } from '../secrets/sql-secrets-store.ts';
import { createValueCipher } from '../secrets/value-cipher.ts';
import { cancelLaunches, enqueueLaunch } from '../workloads/dispatcher/launch-store.ts';
import type { RunnerLog } from '../workloads/logs/runner-log.ts';

/** An answer of the server. */
export interface TestAnswer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** The application on a database of its own, called over HTTP by a user whose log-in is taken for granted. */
export interface TestServer {
  readonly database: TestDatabase;
  /** Ids in API form. */
  readonly projectId: string;
  readonly userId: string;
  readonly metrics: Metrics;
  /** Sends a request under `/api/v1`. @param body sent as JSON; a string as it is */
  call<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<TestAnswer<Body>>;
  /** Sends a GET under `/api/v1` whose answer is no JSON. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** What `/metrics` shows. */
  renderMetrics(): Promise<string>;
  /** Lets another user call from now on; `undefined` goes back to the first one. */
  actAs(userId: string | undefined): void;
  stop(): Promise<void>;
}

/** What a test wants otherwise. */
export interface TestServerOptions {
  /**
   * Checks credentials as the server does, under these `ZENML_*` variables. Without it `actAs` tells who calls, and
   * credentials are not looked at.
   */
  readonly authenticateWith?: Readonly<Record<string, string>>;
  /** Variables of the configuration, of which tests see a part. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Offers to run snapshots: launches are queued, and nothing works on the queue. */
  readonly queuesLaunches?: boolean;
  /** Says what would keep a run from being started; nothing, without it. */
  readonly preflight?: Preflight;
  /** Decides what users may do. */
  readonly permissions?: Permissions;
  /** Is another replica of this server, on its database. */
  readonly beside?: TestServer;
  /** Reads what runners have logged. */
  readonly createRunnerLog?: (db: Database) => RunnerLog;
}

/** The key that tokens of test servers are signed with. */
export const TEST_KEY = 'a key for tests that is long enough';

/** How many runs may wait. */
export const QUEUE_LENGTH = 100;

/** Starts the application; each test file has its own. */
export async function startTestServer({
  authenticateWith,
  environment,
  queuesLaunches = false,
  preflight,
  permissions,
  createRunnerLog,
  beside,
}: TestServerOptions = {}): Promise<TestServer> {
  const config = configOf({ ...environment, ...authenticateWith });
  const { database, projectId, userId } = beside ?? (await prepareDatabase());
  let acting = userId;
  const authentication = createAuthentication(config, database.db, await serverIdOf(database), {
    warn: () => undefined,
  });
  const { app, metrics } = createApp({
    settings: {
      served: {
        workloadManager: queuesLaunches,
        rbac: permissions !== undefined,
        externalAuthentication: config.auth.scheme === 'EXTERNAL',
        externalServerId: false,
      },
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
      poolSize: database.config.poolSize,
      downloadLimitBytes: 1_000_000,
      localFilesAllowed: false,
      logEntriesPerRequest: 50_000,
      bodyLimitBytes: 1_000_000,
      rootPath: config.http.rootPath,
      pageSize: config.server.pageSize,
      trustedProxies: config.http.trustedProxies,
      idempotencyLifetimeSeconds: 60,
      securityHeaders: {},
      dashboardDirectory: undefined,
    },
    database: database.handle,
    log: pino({ level: 'fatal' }),
    draining: { active: false },
    listProblems: async () => [],
    secretsStore: createSqlSecretsStore(createValueCipher('test key')),
    // Nothing is launched, so nothing is there to be removed.
    ...(queuesLaunches && {
      enqueueLaunch: (transaction, request) => enqueueLaunch(transaction, request, QUEUE_LENGTH),
      cancelLaunches: { cancel: cancelLaunches, removeRunners: async () => undefined },
    }),
    preflight,
    permissions,
    runnerLog: createRunnerLog?.(database.db),
    cors: (_request, _response, next) => next(),
    ...authentication,
    ...(!authenticateWith && { authenticate: async () => identityOf(acting, acting === userId) }),
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  database.takeStatements();
  return {
    database,
    projectId,
    userId,
    metrics,
    renderMetrics: () => metrics.render(),
    actAs: (id) => {
      acting = id ?? userId;
    },
    call: (method, path, body, headers) => call(`http://127.0.0.1:${port}/api/v1${path}`, method, body, headers),
    fetch: (path, init) => fetch(`http://127.0.0.1:${port}/api/v1${path}`, init),
    stop: () => stop(server, beside ? undefined : database),
  };
}

/** Makes a database with a user and a project. */
async function prepareDatabase(): Promise<Pick<TestServer, 'database' | 'projectId' | 'userId'>> {
  const database = await createTestDatabase();
  const userId = fromDatabaseId(await insertUser(database, 'tester', true));
  return { database, userId, projectId: fromDatabaseId(await insertProject(database)) };
}

function configOf(environment: Readonly<Record<string, string>>): Config {
  return loadConfig({
    ZENML_STORE_URL: 'mysql://unused:unused@127.0.0.1/nothing',
    ZENML_SERVER_JWT_SECRET_KEY: TEST_KEY,
    ...environment,
  });
}

async function serverIdOf({ db }: TestDatabase): Promise<string> {
  const { id } = await db.selectFrom('server_settings').select('id').executeTakeFirstOrThrow();
  return fromDatabaseId(id);
}

/** Adds a user and returns its database id. */
export async function insertUser({ db }: TestDatabase, name: string, isAdmin = false): Promise<string> {
  const id = newId();
  const created = now();
  const flags = { is_service_account: 0, is_admin: isAdmin ? 1 : 0, active: 1 };
  await db
    .insertInto('user')
    .values({ id, created, updated: created, name, full_name: '', ...flags })
    .execute();
  return id;
}

async function insertProject({ db }: TestDatabase): Promise<string> {
  const id = newId();
  const created = now();
  const texts = { name: 'default', display_name: 'default', description: '', project_metadata: '{}' };
  await db
    .insertInto('project')
    .values({ id, created, updated: created, ...texts })
    .execute();
  const settings = { server_name: 'test', active: 1, enable_analytics: 0, last_user_activity: created };
  await db
    .insertInto('server_settings')
    .values({ id: newId(), updated: created, ...settings })
    .execute();
  return id;
}

function identityOf(userId: string, isAdmin: boolean): Identity {
  return { user: { id: userId, name: 'tester', isAdmin, isServiceAccount: false } };
}

async function call<Body>(
  url: string,
  method: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<TestAnswer<Body>> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url, {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    ...(text !== undefined && { body: text }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
}

async function stop(server: Server, database: TestDatabase | undefined): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  await database?.drop();
}
