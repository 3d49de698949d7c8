import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { type AppSettings, createApp } from './app.ts';
import { serverHeaders } from './auth/external-users.ts';
import type { Permissions } from './auth/permissions.ts';
import { createAuthentication } from './authentication.ts';
import type { Config } from './config/config.ts';
import type { ControlPlaneConfig } from './config/control-plane-config.ts';
import { toHeaders } from './config/security-headers-config.ts';
import { ZENML_VERSION } from './contract/document.ts';
import { type AskControlPlane, createControlPlaneClient } from './control-plane/control-plane-client.ts';
import { createControlPlanePermissions } from './control-plane/control-plane-permissions.ts';
import { createControlPlaneEntitlements } from './control-plane/entitlements.ts';
import { createDatabaseIfMissing } from './database/create-database.ts';
import { createDatabase, type DatabaseHandle } from './database/database.ts';
import { fromDatabaseId } from './database/ids.ts';
import { migrateDatabase } from './database/migrations/migrate.ts';
import type { ControlPlaneDescription } from './features/server/server-operations.ts';
import { readServerSettings } from './features/server/server-settings-store.ts';
import { ensureFirstStart, type FirstStartOptions } from './first-start/first-start.ts';
import { cors } from './http/cors.ts';
import { drain, SERVER_OPTIONS } from './http/graceful-server.ts';
import { type CleanupSettings, startIdempotencyCleanup } from './http/idempotency-cleanup.ts';
import { createMetricsServer } from './http/metrics.ts';
import { startLaunching } from './launching.ts';
import { openSecretsStore } from './secrets/open-secrets-store.ts';
import { startTriggering } from './triggering.ts';

/** A server that answers. */
export interface RunningServer {
  /** Where it listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Stops it as kube-apiserver stops. @returns whether every request finished in time. */
  stop(): Promise<boolean>;
}

/** Brings the database up to date, then listens: a server that answers is ready. */
export async function startServer(config: Config, log: Logger): Promise<RunningServer> {
  const database = createDatabase(config.store.database);
  try {
    await prepareDatabase(config, database, log);
    return await listen(config, database, log);
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

/**
 * Brings the database up to date: tables, and what the first start makes.
 * @throws {DatabaseRefused} for one that is not ours to change
 */
export async function prepareDatabase(config: Config, { db }: DatabaseHandle, log: Logger): Promise<void> {
  const { database, migrationsDisabled: disabled } = config.store;
  if (!disabled && (await createDatabaseIfMissing(database)))
    log.info({ name: database.database }, 'made the database');
  const onWait = () => log.info('waiting for another replica to prepare the database');
  const report = await migrateDatabase(db, { onWait, disabled });
  log.info(report, 'the database is up to date');
  const made = await ensureFirstStart(db, firstStartOptions(config));
  if (made.length > 0) log.info({ made }, 'first start');
}

function firstStartOptions({ server, auth, controlPlane }: Config): FirstStartOptions {
  const name = server.defaultUserName ?? 'default';
  const admin = { name, password: server.defaultUserPassword ?? '' };
  const external = auth.scheme === 'EXTERNAL';
  // A name alone would make an administrator without a password.
  const chosen = server.defaultUserPassword !== undefined;
  return {
    ...(server.externalServerId !== undefined && { serverId: server.externalServerId }),
    serverName: server.serverName,
    enableAnalytics: server.analyticsOptIn,
    displayAnnouncements: server.displayAnnouncements,
    displayUpdates: server.displayUpdates,
    ...(!controlPlane && { defaultProjectName: server.defaultProjectName }),
    ...((external || server.autoActivate || chosen) && { activation: external ? {} : { admin } }),
  };
}

async function listen(config: Config, database: DatabaseHandle, log: Logger): Promise<RunningServer> {
  const draining = { active: false };
  const serverId = fromDatabaseId((await readServerSettings(database.db)).id);
  const authentication = createAuthentication(config, database.db, serverId, log);
  const launching = await startLaunching(config, database.db, { issueToken: authentication.issueToken, serverId }, log);
  const askControlPlane = config.controlPlane && clientOf(config.controlPlane, config.server.serverUrl);
  const { scheduleCatchUp: catchUp } = config.workloads;
  const triggering = launching && startTriggering(database.db, { ...launching, catchUp }, log);
  const { app, metrics } = createApp({
    settings: appSettings(config, serverId),
    database,
    log,
    draining,
    cors: cors(config.http.corsOrigins),
    ...(await openSecretsStore(database.db, config.secretsStore, { serverId, log })),
    ...authentication,
    permissions: config.controlPlane && askControlPlane && permissionsOf(config.controlPlane, askControlPlane),
    enqueueLaunch: launching?.enqueueLaunch,
    preflight: launching?.preflight,
    runnerLog: launching?.runnerLog,
    cancelLaunches: launching?.cancelLaunches,
    listProblems: launching?.listProblems ?? (async () => []),
  });
  const cleanup = startIdempotencyCleanup(database.db, cleanupSettings(config), (error) =>
    log.warn({ err: error }, 'expired answers of repeated requests were not deleted'),
  );
  const { host, port, metricsPort } = config.process;
  const server = await listening(createServer(SERVER_OPTIONS, app), host, port);
  // It learns version and address of this server from the headers. The server does not wait for it, and runs without it.
  askControlPlane?.('PATCH', '/workspace_status').catch((error: unknown) =>
    log.warn({ err: error }, 'the control plane was not told that this server runs'),
  );
  const metricsServer =
    metricsPort === undefined ? undefined : await listening(createMetricsServer(metrics), host, metricsPort);
  return {
    url: addressOf(server, host),
    async stop() {
      draining.active = true;
      launching?.runnerLog.endFollowing();
      const { drainDelaySeconds, shutdownTimeoutSeconds } = config.process;
      const finished = await drain(server, { delaySeconds: drainDelaySeconds, timeoutSeconds: shutdownTimeoutSeconds });
      metricsServer?.closeAllConnections();
      metricsServer?.close();
      await cleanup.stop();
      await triggering?.stop();
      await launching?.stop();
      await database.destroy();
      return finished;
    },
  };
}

function clientOf(plane: ControlPlaneConfig, serverUrl: string | undefined): AskControlPlane {
  const { apiUrl, workspaceId: serverId, clientSecret, audience, timeoutSeconds } = plane;
  const headers = serverHeaders(serverId, serverUrl, ZENML_VERSION);
  return createControlPlaneClient({
    apiUrl,
    serverId,
    clientSecret,
    audience,
    timeout: timeoutSeconds * 1000,
    headers,
  });
}

function permissionsOf(plane: ControlPlaneConfig, ask: AskControlPlane): Permissions {
  return { ...createControlPlanePermissions(ask), entitlements: createControlPlaneEntitlements(ask, plane) };
}

function descriptionOf(plane: ControlPlaneConfig): ControlPlaneDescription {
  return {
    pro_dashboard_url: plane.dashboardUrl,
    pro_api_url: plane.apiUrl,
    pro_organization_id: plane.organizationId,
    pro_organization_name: plane.organizationName ?? null,
    pro_workspace_id: plane.workspaceId,
    pro_workspace_name: plane.workspaceName ?? null,
  };
}

function appSettings(
  { server, auth, http, store, secretsStore, securityHeaders, workloads, controlPlane }: Config,
  serverId: string,
): AppSettings {
  return {
    served: {
      workloadManager: workloads.managerSource !== undefined,
      rbac: controlPlane !== undefined,
      externalAuthentication: auth.scheme === 'EXTERNAL',
      externalServerId: server.externalServerId !== undefined,
    },
    description: {
      deployment_type: server.deploymentType,
      auth_scheme: auth.scheme,
      server_url: server.serverUrl ?? '',
      dashboard_url: server.dashboardUrl ?? '',
      secrets_store_type: secretsStore.place.type,
      metadata: server.metadata,
      debug: server.debug,
      ...(controlPlane && descriptionOf(controlPlane)),
    },
    defaultProjectName: server.defaultProjectName,
    poolSize: store.database.poolSize,
    downloadLimitBytes: http.downloadLimitBytes,
    localFilesAllowed: http.localFilesAllowed,
    logEntriesPerRequest: http.logEntriesPerRequest,
    bodyLimitBytes: http.bodyLimitBytes,
    rootPath: http.rootPath,
    pageSize: server.pageSize,
    trustedProxies: http.trustedProxies,
    idempotencyLifetimeSeconds: http.idempotencyEnabled ? http.idempotencyLifetimeSeconds : undefined,
    securityHeaders: toHeaders(securityHeaders, serverId),
    dashboardDirectory: http.dashboardDirectory,
  };
}

function cleanupSettings({ http }: Config): CleanupSettings {
  return {
    intervalSeconds: http.idempotencyCleanupIntervalSeconds,
    batchSize: http.idempotencyCleanupBatchSize,
    budgetSeconds: http.idempotencyCleanupBudgetSeconds,
  };
}

async function listening(server: Server, host: string, port: number): Promise<Server> {
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

function addressOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
