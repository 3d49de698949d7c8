import { type Logger, pino } from 'pino';
import type { Config } from './config/config.ts';
import type { WorkloadConfig } from './config/workload-config.ts';
import { createDatabase } from './database/database.ts';
import { newId } from './database/ids.ts';
import { readServerSettings } from './features/server/server-settings-store.ts';
import { createManager } from './launching.ts';
import { diagnoseSecretsStore } from './secrets/open-secrets-store.ts';
import { type Check, findAll } from './workloads/findings.ts';
import { diagnoseSettings } from './workloads/launcher/server-settings.ts';
import { diagnoseLogStore, openLogStore } from './workloads/logs/log-store.ts';
import type { Builders, Finding } from './workloads/manager.ts';

/**
 * Looks for everything that keeps snapshots from being run: the database, the cluster, its permissions,
 * a secrets store outside of the database. Nothing is changed.
 * @returns what is wrong, errors first; empty where all is well
 */
export async function examine(config: Config): Promise<readonly Finding[]> {
  const silent = pino({ level: 'silent' });
  const { workloads } = config;
  const checks =
    workloads.managerSource === undefined
      ? [async () => [NO_MANAGER]]
      : [
          async () => diagnoseSettings(config),
          orMend(() => examineDatabase(config), 'Check ZENML_STORE_URL, and start the server once on the database.'),
          orMend(() => examineManager(workloads, silent), NO_CLUSTER),
          orMend(
            () => examineLogStore(workloads),
            'Check the bucket, and the credentials that the server has in its cloud.',
          ),
        ];
  const findings = await findAll([...checks, orMend(() => examineSecrets(config, silent), NO_SECRETS)]);
  return findings.toSorted((one, other) => rank(one) - rank(other));
}

function rank({ severity }: Finding): number {
  return severity === 'error' ? 0 : 1;
}

const NO_MANAGER: Finding = {
  severity: 'warning',
  problem: 'No workload manager is chosen: snapshots cannot be run from the dashboard.',
  fix: 'Set ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE (docs/workload-managers.md).',
};

/** A check whose failure is a finding itself. */
function orMend(check: Check, fix: string): Check {
  return () =>
    check().catch((error: unknown) => [
      { severity: 'error', problem: error instanceof Error ? error.message : String(error), fix },
    ]);
}

async function examineDatabase({ store }: Config): Promise<readonly Finding[]> {
  const database = createDatabase(store.database);
  try {
    await readServerSettings(database.db);
    return [];
  } finally {
    await database.destroy();
  }
}

async function examineManager(workloads: WorkloadConfig, log: Logger): Promise<readonly Finding[]> {
  // Whose the Jobs are does not matter where none is made.
  const manager = await createManager(workloads, newId(), log, NO_BUILDERS);
  return (await manager?.diagnose()) ?? [];
}

async function examineLogStore(workloads: WorkloadConfig): Promise<readonly Finding[]> {
  const logStore = await openLogStore(workloads);
  return logStore ? diagnoseLogStore(logStore) : [];
}

/** Steps and components get their secrets of the server. */
async function examineSecrets(config: Config, log: Logger): Promise<readonly Finding[]> {
  const database = createDatabase(config.store.database);
  // Whose a secret is does not matter where none is found.
  const problems = await diagnoseSecretsStore(database.db, config.secretsStore, { serverId: newId(), log }).finally(
    () => database.destroy(),
  );
  return problems.map((problem) => ({
    severity: 'error',
    problem: `The secrets store fails: ${problem}`,
    fix: NO_SECRETS,
  }));
}

const NO_SECRETS =
  'Check ZENML_SECRETS_STORE_AUTH_CONFIG and what the role of the server may do (docs/operations.md, Secrets outside of the database).';
/** None is begun here. */
const NO_BUILDERS: Builders = { find: async () => [], isAwaited: async () => false };
const NO_CLUSTER = 'Name a kubeconfig in KUBECONFIG, or run the server in a pod that has a service account.';

/** One line for each problem, and what mends it below. */
export function report(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'All is well.';
  return findings.map(({ severity, problem, fix }) => `${severity}: ${problem}\n  ${indented(fix)}`).join('\n');
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n  ');
}
