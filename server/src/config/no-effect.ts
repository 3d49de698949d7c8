import type { Environment } from './environment.ts';

/** Variables of the reference that this server accepts and does not use, by the reason. */
export interface IgnoredVariables {
  readonly reason: string;
  readonly names: readonly string[];
}

const named = (prefix: string, names: string): string[] => names.split(/\s+/).map((name) => prefix + name);

/** An existing deployment's environment carries over: these are known, and warned about where they are set. */
export const NO_EFFECT: readonly IgnoredVariables[] = [
  {
    reason: 'Requests are not served by threads here.',
    names: named('ZENML_SERVER_', 'THREAD_POOL_SIZE AUTH_THREAD_POOL_SIZE'),
  },
  {
    reason: 'Identities are not cached, so that what is revoked is refused at once by every replica.',
    names: named('ZENML_SERVER_', 'MEMCACHE_MAX_CAPACITY MEMCACHE_DEFAULT_EXPIRY'),
  },
  {
    reason:
      'A request is answered when it is done; one that repeats it waits for that as for any lock ' +
      '(`ZENML_WORKSPACE_DATABASE_LOCK_TIMEOUT_SECONDS`), then it is answered with 429.',
    names: ['ZENML_SERVER_REQUEST_TIMEOUT'],
  },
  { reason: 'ZenML’s own server reads and does not use it.', names: ['ZENML_SERVER_PIPELINE_RUN_AUTH_WINDOW'] },
  {
    reason: 'A client of an artifact store is cheap to make and never shared between stores.',
    names: ['ZENML_SERVER_ARTIFACT_STORE_CACHE_ENABLED'],
  },
  {
    reason: 'It names a Python class, and no Python runs here. What belongs to it is not offered.',
    names: named(
      'ZENML_SERVER_',
      'FEATURE_GATE_IMPLEMENTATION_SOURCE RESOURCE_POOL_IMPLEMENTATION_SOURCE STREAM_BROKER_IMPLEMENTATION_SOURCE ' +
        'SNAPSHOT_RUN_DISPATCHER_IMPLEMENTATION_SOURCE ' +
        'REPORTABLE_RESOURCES STREAMING_HEARTBEAT_SECONDS STREAMING_MAX_SUBSCRIBERS_PER_STREAM ' +
        'STREAMING_BROADCASTER_IDLE_GRACE_SECONDS',
    ),
  },
  {
    reason:
      'They name Python classes, and no Python runs here. The server itself fires triggers: [triggers.md](triggers.md).',
    names: named('ZENML_SERVER_', 'EVENT_HANDLER_SOURCES WEBHOOK_EVENT_HANDLER_SOURCES'),
  },
  {
    reason: 'Measurements are served to Prometheus (`ZENML_WORKSPACE_METRICS_PORT`); nothing is sent to a collector.',
    names: named(
      'ZENML_SERVER_OTEL_',
      'EXPORTER_OTLP_ENDPOINT EXPORTER_OTLP_TRACES_ENDPOINT EXPORTER_OTLP_METRICS_ENDPOINT ' +
        'EXPORTER_OTLP_LOGS_ENDPOINT SERVICE_NAME TRACES_ENABLED METRICS_ENABLED LOGS_ENABLED',
    ),
  },
  {
    reason: 'The pool has one limit (`ZENML_STORE_POOL_SIZE`), and finds dead connections by itself.',
    names: named('ZENML_STORE_', 'MAX_OVERFLOW POOL_PRE_PING'),
  },
  {
    reason: 'No backup is made before a migration: databases at another revision are refused, not migrated.',
    names: named(
      'ZENML_STORE_',
      'BACKUP_STRATEGY BACKUP_DIRECTORY BACKUP_DATABASE CUSTOM_BACKUP_ENGINE CUSTOM_BACKUP_ENGINE_CONFIG ' +
        'MYDUMPER_THREADS MYDUMPER_COMPRESS MYDUMPER_EXTRA_ARGS MYLOADER_THREADS MYLOADER_EXTRA_ARGS',
    ),
  },
  {
    reason: 'It belongs to `aws_rds_iam`, which is not offered.',
    names: named('ZENML_STORE_', 'AWS_REGION AWS_RDS_IAM_ROLE_ARN AWS_RDS_IAM_MAX_WAIT_SECONDS'),
  },
  {
    reason: 'It is read by clients, which reach a server and no database.',
    names: named('ZENML_STORE_', 'API_KEY API_TOKEN VERIFY_SSL HTTP_TIMEOUT CONNECTION_POOL_SIZE'),
  },
  {
    reason: 'It belongs to a secrets store that is not offered.',
    names: ['ZENML_SECRETS_STORE_', 'ZENML_BACKUP_SECRETS_STORE_'].flatMap((prefix) =>
      named(
        prefix,
        'CLASS_PATH KEY_VAULT_NAME AZURE_CLIENT_ID AZURE_CLIENT_SECRET AZURE_TENANT_ID VAULT_ADDR VAULT_NAMESPACE ' +
          'VAULT_TOKEN MOUNT_POINT AUTH_MOUNT_POINT APP_ROLE_ID APP_SECRET_ID AWS_ROLE AWS_HEADER_VALUE MAX_VERSIONS',
      ),
    ),
  },
  {
    reason: 'Logs look as `ZENML_WORKSPACE_LOG_FORMAT` says, without colours.',
    names: named('ZENML_', 'CONSOLE_LOGGING_FORMAT LOGGING_FORMAT LOGGING_COLORS_DISABLED ENABLE_RICH_TRACEBACK'),
  },
];

/** Warns of each variable that is set and does nothing. */
export function warnOfNoEffect(environment: Environment): void {
  for (const { names, reason } of NO_EFFECT) {
    for (const name of names.filter((name) => environment.has(name))) {
      environment.warnings.push(`${name} has no effect. ${reason}`);
    }
  }
}
