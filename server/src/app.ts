import type { Express, Request, RequestHandler } from 'express';
import type { Identity } from './auth/identity.ts';
import type { Permissions } from './auth/permissions.ts';
import { configuredDocument, type DocumentSettings } from './contract/configured-document.ts';
import { readContract } from './contract/document.ts';
import { listOperations, type Operation } from './contract/operation-index.ts';
import type { Handlers } from './contract/registry.ts';
import { type ServedBy, servedDocument } from './contract/served-document.ts';
import { createProjectScope } from './features/projects/project-scope.ts';
import { createUserActivity } from './features/server/user-activity.ts';
import { dashboard } from './http/dashboard.ts';
import { createHttpApp } from './http/http-app.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { type Draining, health, type ListProblems, readiness } from './http/probes.ts';
import type { SecurityHeaders } from './http/security-headers.ts';
import { createUnitOfWork } from './http/unit-of-work.ts';
import { createOperations, type FeatureParts, type FeatureSettings } from './operations.ts';
import { guardHandlers } from './permissions/guard.ts';

/** What the application is told by its configuration. */
export interface AppSettings extends FeatureSettings, DocumentSettings {
  readonly served: ServedBy;
  readonly bodyLimitBytes: number;
  /** Addresses and networks of proxies that tell the truth about their clients; `*` for all. */
  readonly trustedProxies: readonly string[];
  /** How long answers are kept for repeated requests, seconds; `undefined`: those are done again. */
  readonly idempotencyLifetimeSeconds: number | undefined;
  readonly securityHeaders: SecurityHeaders;
  readonly dashboardDirectory: string | undefined;
}

/** The running parts that the application stands on. */
export interface AppParts extends FeatureParts {
  readonly settings: AppSettings;
  readonly draining: Draining;
  /** What is wrong and does not keep the API from answering. */
  readonly listProblems: ListProblems;
  readonly cors: RequestHandler;
  readonly authenticate: (request: Request, operation: Operation) => Promise<Identity>;
  /** Operations of log-in and tokens. */
  readonly authentication: Handlers;
  /** Who decides what users may do; left out where only administrators are told apart. */
  readonly permissions?: Permissions | undefined;
}

/** Composition root: builds every part and hands each what it needs. */
export function createApp(parts: AppParts): { app: Express; metrics: Metrics } {
  const { settings, database, log } = parts;
  const { db } = database;
  const document = configuredDocument(readContract(), settings);
  const operations = { ...parts.authentication, ...createOperations(parts) };
  const { permissions } = parts;
  const resolveProject = createProjectScope(settings.defaultProjectName).resolve;
  const handlers = permissions
    ? guardHandlers(operations, { permissions, document, db, resolveProject, log })
    : operations;
  const noteActivity = createUserActivity(db, (error) => log.warn({ err: error }, 'user activity was not recorded'));

  const served = servedDocument(document, settings.served);
  const metrics = createMetrics(database.poolState);
  const app = createHttpApp({
    document,
    servedDocument: served,
    operations: listOperations(served),
    handlers,
    authenticate: (request, operation) => {
      noteActivity();
      return parts.authenticate(request, operation);
    },
    unitOfWork: createUnitOfWork(db, settings.idempotencyLifetimeSeconds),
    bodyLimit: settings.bodyLimitBytes,
    rootPath: settings.rootPath,
    trustedProxies: settings.trustedProxies,
    securityHeaders: settings.securityHeaders,
    cors: parts.cors,
    health,
    ready: readiness(db, parts.draining, parts.listProblems),
    dashboard: dashboard(settings.dashboardDirectory),
    metrics,
    log,
  });
  return { app, metrics };
}
