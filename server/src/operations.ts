import type { Logger } from 'pino';
import type { IssueToken } from './auth/access-tokens.ts';
import type { DownloadTokens } from './auth/download-tokens.ts';
import type { RateLimiter } from './auth/rate-limiter.ts';
import { createCompletion } from './contract/completion.ts';
import { readContract } from './contract/document.ts';
import type { Handlers } from './contract/registry.ts';
import type { DatabaseHandle } from './database/database.ts';
import { artifactDataOperations } from './features/artifact-data/artifact-data-operations.ts';
import { createArtifactDataService } from './features/artifact-data/artifact-data-service.ts';
import { createComponentStores } from './features/artifact-data/component-stores-service.ts';
import { artifactVersionsOperations } from './features/artifacts/artifact-versions-operations.ts';
import { artifactsOperations } from './features/artifacts/artifacts-operations.ts';
import { buildsOperations } from './features/builds/builds-operations.ts';
import { codeRepositoriesOperations } from './features/code-repositories/code-repositories-operations.ts';
import { componentsOperations } from './features/components/components-operations.ts';
import { curatedVisualizationsOperations } from './features/curated-visualizations/curated-visualizations-operations.ts';
import { deploymentsOperations } from './features/deployments/deployments-operations.ts';
import { createDeploymentsService } from './features/deployments/deployments-service.ts';
import { devicesOperations } from './features/devices/devices-operations.ts';
import type { DevicesService } from './features/devices/devices-service.ts';
import { flavorsOperations } from './features/flavors/flavors-operations.ts';
import { hookInvocationsOperations } from './features/hook-invocations/hook-invocations-operations.ts';
import { createLogEntriesReader } from './features/logs/log-entries.ts';
import { logsOperations } from './features/logs/logs-operations.ts';
import { createMaintenance } from './features/maintenance.ts';
import { modelVersionLinksOperations } from './features/models/model-version-links-operations.ts';
import { modelsOperations } from './features/models/models-operations.ts';
import { pipelinesOperations } from './features/pipelines/pipelines-operations.ts';
import { createProjectScope } from './features/projects/project-scope.ts';
import { projectsOperations } from './features/projects/projects-operations.ts';
import { createProjectsService } from './features/projects/projects-service.ts';
import { resourceRequestsOperations } from './features/resource-requests/resource-requests-operations.ts';
import { runMetadataOperations } from './features/run-metadata/run-metadata-operations.ts';
import { runTemplatesOperations } from './features/run-templates/run-templates-operations.ts';
import { runWaitConditionsOperations } from './features/run-wait-conditions/run-wait-conditions-operations.ts';
import { createWaitConditionsService } from './features/run-wait-conditions/run-wait-conditions-service.ts';
import type { CancelLaunches } from './features/runs/run-cancellation.ts';
import { runEventsOperations } from './features/runs/run-events-operations.ts';
import { runsOperations } from './features/runs/runs-operations.ts';
import { createRunsService } from './features/runs/runs-service.ts';
import { schedulesOperations } from './features/schedules/schedules-operations.ts';
import { secretsOperations } from './features/secrets/secrets-operations.ts';
import { createSecretsService } from './features/secrets/secrets-service.ts';
import { activationOperations } from './features/server/activation-operations.ts';
import { createOnboarding } from './features/server/onboarding.ts';
import { type ServerDescription, serverOperations } from './features/server/server-operations.ts';
import { apiKeysOperations } from './features/service-accounts/api-keys-operations.ts';
import { ownAccountsRule } from './features/service-accounts/own-accounts.ts';
import { serviceAccountsOperations } from './features/service-accounts/service-accounts-operations.ts';
import { serviceConnectorsOperations } from './features/service-connectors/service-connectors-operations.ts';
import { createServiceConnectorsService } from './features/service-connectors/service-connectors-service.ts';
import { servicesOperations } from './features/services/services-operations.ts';
import type { Preflight } from './features/snapshot-runs/dry-run.ts';
import { createRunResumption } from './features/snapshot-runs/run-resumption-service.ts';
import { createDeriveSnapshot } from './features/snapshot-runs/snapshot-derivation-service.ts';
import { snapshotRunsOperations } from './features/snapshot-runs/snapshot-runs-operations.ts';
import { createSnapshotRunsService, type EnqueueLaunch } from './features/snapshot-runs/snapshot-runs-service.ts';
import { triggerAttachmentsOperations } from './features/snapshot-runs/trigger-attachments-operations.ts';
import { pipelineDeploymentsOperations } from './features/snapshots/pipeline-deployments-operations.ts';
import { snapshotsOperations } from './features/snapshots/snapshots-operations.ts';
import { stackDeploymentsOperations } from './features/stack-deployments/stack-deployments-operations.ts';
import { stacksOperations } from './features/stacks/stacks-operations.ts';
import { createStacksService } from './features/stacks/stacks-service.ts';
import { stepsOperations } from './features/steps/steps-operations.ts';
import { createStepsService } from './features/steps/steps-service.ts';
import { tagsOperations } from './features/tags/tags-operations.ts';
import { noteRunEnded } from './features/trigger-firing/platform-events-service.ts';
import { takeUpEvent } from './features/trigger-firing/webhook-events-service.ts';
import { triggersOperations } from './features/triggers/triggers-operations.ts';
import { usersOperations } from './features/users/users-operations.ts';
import { webhooksOperations } from './features/webhooks/webhooks-operations.ts';
import { createWebhooksService } from './features/webhooks/webhooks-service.ts';
import { syncFlavors } from './first-start/flavor-catalogue.ts';
import { createLister } from './listing/lister.ts';
import type { SecretsBackup } from './secrets/secrets-backup.ts';
import type { SecretsStore } from './secrets/secrets-store.ts';
import type { RunnerLog } from './workloads/logs/runner-log.ts';

/** What the features are told by the configuration. */
export interface FeatureSettings {
  /** The path under which a proxy serves the API; empty for none. */
  readonly rootPath: string;
  readonly description: ServerDescription;
  readonly defaultProjectName: string;
  readonly poolSize: number;
  /** Largest file or archive that is handed through from an artifact store, bytes. */
  readonly downloadLimitBytes: number;
  /** Whether local artifact stores are read from this machine's disk. */
  readonly localFilesAllowed: boolean;
  /** The most entries of a log in one answer. */
  readonly logEntriesPerRequest: number;
}

/** The parts that the features stand on. */
export interface FeatureParts {
  readonly settings: FeatureSettings;
  readonly database: DatabaseHandle;
  readonly log: Logger;
  readonly secretsStore: SecretsStore;
  /** Copies secrets to a second store and back; left out where there is none. */
  readonly secretsBackup?: SecretsBackup | undefined;
  readonly devices: DevicesService;
  /** Limits tries of the current password when it is changed. */
  readonly passwordChanges: RateLimiter;
  readonly downloadTokens: DownloadTokens;
  readonly issueToken: IssueToken;
  /** Queues runs for the workload manager; left out where there is none. */
  readonly enqueueLaunch?: EnqueueLaunch | undefined;
  /** What would keep a run from being started. */
  readonly preflight?: Preflight | undefined;
  readonly runnerLog?: RunnerLog | undefined;
  readonly cancelLaunches?: CancelLaunches | undefined;
}

/** The operations of all features: the composition root of what this server can do. */
export function createOperations(parts: FeatureParts): Handlers {
  const { settings, database, log, secretsStore, devices, enqueueLaunch } = parts;
  const { db } = database;
  const document = readContract();
  const complete = createCompletion(document);
  const onboarding = createOnboarding();
  const projectScope = createProjectScope(settings.defaultProjectName);
  const projects = createProjectsService(settings.defaultProjectName, onboarding);
  // Where nothing is run, nothing that triggers wait for is kept.
  const runs = createRunsService(onboarding, enqueueLaunch && noteRunEnded);
  const steps = createStepsService({ complete, updateRunStatus: runs.updateStatus });
  const secrets = createSecretsService(secretsStore);
  const connectors = createServiceConnectorsService(secrets);
  const list = createLister(db, projectScope.resolve);
  const snapshots = snapshotsOperations({ db, list, complete, maintenance: createMaintenance(log) });
  const openStore = createComponentStores({ secrets, localFilesAllowed: settings.localFilesAllowed });
  const artifactData = createArtifactDataService(openStore, settings.downloadLimitBytes);
  const logReaders = {
    readEntries: createLogEntriesReader(openStore),
    runnerLog: parts.runnerLog,
    limit: settings.logEntriesPerRequest,
  };
  const waitConditions = createWaitConditionsService(runs.updateStatus, createRunResumption(runs, enqueueLaunch));

  const external = settings.description.auth_scheme === 'EXTERNAL';
  const requireOwnAccounts = ownAccountsRule(external);

  return {
    ...serverOperations({ db, ...settings, poolState: database.poolState }),
    ...activationOperations({ db }),
    ...projectsOperations({ db, list, projects, projectScope }),
    ...pipelinesOperations({ db, list }),
    ...usersOperations({
      db,
      list,
      passwordChanges: parts.passwordChanges,
      external,
    }),
    ...serviceAccountsOperations({ db, list, requireOwnAccounts }),
    ...apiKeysOperations({ db, list, requireOwnAccounts }),
    ...devicesOperations({ db, list, devices, onboarding }),
    ...flavorsOperations({ db, list, rewriteFlavors: (transaction) => syncFlavors(transaction, 'all') }),
    ...tagsOperations({ db, list }),
    ...logsOperations({ db, logReaders }),
    ...artifactDataOperations({
      db,
      artifactData,
      downloadTokens: parts.downloadTokens,
    }),
    ...runMetadataOperations(),
    ...artifactsOperations({ db, list }),
    ...artifactVersionsOperations({ db, list, complete, deleteData: artifactData.remove }),
    ...buildsOperations({ db, list, complete }),
    ...codeRepositoriesOperations({ db, list, complete }),
    ...runEventsOperations(),
    ...runsOperations({
      db,
      list,
      resolveProject: projectScope.resolve,
      runs,
      logReaders,
      cancelLaunches: parts.cancelLaunches,
    }),
    ...runWaitConditionsOperations({ db, list, waitConditions }),
    ...schedulesOperations({ db, list }),
    ...stepsOperations({ db, list, steps, logReaders }),
    ...hookInvocationsOperations({ db, list }),
    ...modelsOperations({ db, list }),
    ...modelVersionLinksOperations({ list }),
    ...curatedVisualizationsOperations({ db }),
    ...servicesOperations({ db, list, complete }),
    ...runTemplatesOperations({ db, list }),
    ...triggersOperations({ db, list }),
    ...webhooksOperations({
      db,
      list,
      webhooks: createWebhooksService(secrets),
      serverUrl: settings.description.server_url && settings.description.server_url + settings.rootPath,
      takeUp: enqueueLaunch && takeUpEvent,
    }),
    ...secretsOperations({ db, list, secrets, backup: parts.secretsBackup }),
    ...deploymentsOperations({ db, list, deployments: createDeploymentsService(onboarding) }),
    ...serviceConnectorsOperations({ db, list, secrets, connectors }),
    ...snapshots,
    ...pipelineDeploymentsOperations(snapshots),
    ...triggerAttachmentsOperations(createDeriveSnapshot(complete)),
    ...(enqueueLaunch &&
      snapshotRunsOperations({
        db,
        snapshotRuns: createSnapshotRunsService({ complete, runs, enqueueLaunch }),
        preflight: parts.preflight ?? (async () => []),
      })),
    ...resourceRequestsOperations(),
    ...stackDeploymentsOperations({
      db,
      issueToken: parts.issueToken,
      serverUrl: settings.description.server_url,
    }),
    ...componentsOperations({ db, list, document }),
    ...stacksOperations({ db, list, stacks: createStacksService(connectors, onboarding) }),
  };
}
