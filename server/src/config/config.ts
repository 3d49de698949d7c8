import { type AuthConfig, checkExternalLogin, readAuthConfig } from './auth-config.ts';
import { ConfigurationError } from './configuration-error.ts';
import { type ControlPlaneConfig, readControlPlane, underControlPlane } from './control-plane-config.ts';
import { Environment } from './environment.ts';
import { type HttpConfig, httpVariables } from './http-config.ts';
import { nearestName } from './nearest-name.ts';
import { NO_EFFECT, warnOfNoEffect } from './no-effect.ts';
import { readSecretsStoreConfig, type SecretsStoreConfig } from './secrets-store-config.ts';
import { ALL_VARIABLES } from './sections.ts';
import { readSecurityHeaders, type SecurityHeadersConfig } from './security-headers-config.ts';
import { type ServerConfig, serverVariables } from './server-config.ts';
import { readStoreConfig, type StoreConfig } from './store-config.ts';
import { readWorkloadConfig, type WorkloadConfig } from './workload-config.ts';
import { type LogConfig, type ProcessConfig, processVariables, readLogConfig } from './workspace-config.ts';

/** Everything that the environment decides, read once at the start and frozen. */
export interface Config {
  readonly process: ProcessConfig;
  readonly log: LogConfig;
  readonly store: StoreConfig;
  readonly secretsStore: SecretsStoreConfig;
  readonly server: ServerConfig;
  readonly auth: AuthConfig;
  readonly http: HttpConfig;
  readonly securityHeaders: SecurityHeadersConfig;
  readonly workloads: WorkloadConfig;
  /** The control plane that log-in and permissions are left to. */
  readonly controlPlane: ControlPlaneConfig | undefined;
  /** What an administrator should know and what does not stop the start; to be logged. */
  readonly warnings: readonly string[];
}

/**
 * Reads the configuration.
 * @throws {ConfigurationError} with every mistake there is, and no value of a secret. `main` ends with exit code 78 then.
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const environment = new Environment(env);
  const server = environment.read(serverVariables);
  const sections = { server, auth: readAuthConfig(environment), http: environment.read(httpVariables) };
  const controlPlane = readControlPlane(environment, server);
  checkExternalLogin(environment, sections.auth, server.deploymentType === 'cloud');
  checkCleanup(environment, sections.http);
  const config = {
    process: environment.read(processVariables),
    log: readLogConfig(environment, server.debug),
    store: readStoreConfig(environment),
    secretsStore: readSecretsStoreConfig(environment),
    ...(controlPlane ? underControlPlane(sections, controlPlane) : sections),
    securityHeaders: readSecurityHeaders(environment),
    workloads: readWorkloadConfig(environment),
    controlPlane,
    warnings: environment.warnings,
  };
  warnOfNoEffect(environment);
  refuseUnknownNames(environment);
  if (environment.mistakes.length > 0) throw new ConfigurationError(environment.mistakes);
  return deepFreeze(config);
}

function checkCleanup(environment: Environment, http: HttpConfig): void {
  if (http.idempotencyCleanupBudgetSeconds <= http.idempotencyCleanupIntervalSeconds) return;
  const { name } = httpVariables.idempotencyCleanupBudgetSeconds;
  environment.mistake(name, `must not be above ${httpVariables.idempotencyCleanupIntervalSeconds.name}.`);
}

/** Variables that begin so are this server's or have no meaning. */
export const OWN_PREFIX =
  /^ZENML_(?:SERVER|STORE|SECRETS_STORE|BACKUP_SECRETS_STORE|WORKSPACE|(?:AWS_|GCP_)?KUBERNETES_WORKLOAD_MANAGER)_/;

/** Every name that is read, or known to have no effect. */
export const KNOWN_NAMES: readonly string[] = [
  ...ALL_VARIABLES.flatMap(({ name, formerName }) => (formerName ? [name, formerName] : [name])),
  ...NO_EFFECT.flatMap(({ names }) => names),
];

/** A misspelled variable would silently leave its default in force. */
function refuseUnknownNames(environment: Environment): void {
  for (const name of environment.names) {
    if (!OWN_PREFIX.test(name) || KNOWN_NAMES.includes(name)) continue;
    const nearest = nearestName(name, KNOWN_NAMES);
    environment.mistake(name, nearest ? `is unknown; is ${nearest} meant?` : 'is unknown.');
  }
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.values(Object.freeze(value)).forEach(deepFreeze);
  }
  return value;
}
