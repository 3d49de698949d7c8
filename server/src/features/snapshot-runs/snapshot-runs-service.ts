import type { Complete } from '../../contract/completion.ts';
import type { Transaction } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { noSuch } from '../../listing/lister.ts';
import type { Launch, LaunchRequest } from '../../workloads/launch.ts';
import type { RunRequest } from '../runs/run-creation.ts';
import type { RunsService } from '../runs/runs-service.ts';
import { findUsableSecret } from '../secrets/secret-names-read-model.ts';
import { createSnapshot } from '../snapshots/snapshots-service.ts';
import { recordExecution } from '../triggers/triggers-service.ts';
import { type DerivedConfigurations, deriveConfigurations, secretsIn } from './derived-snapshot.ts';
import type { Json } from './json-update.ts';
import { checkInputOverrides, checkRunConfiguration, checkRunnable, type RunnableSource } from './run-checks.ts';
import { type RunOrigin, toRunRequest, toSnapshotRequest } from './run-requests.ts';
import {
  canWait,
  holdPipeline,
  loadRunSource,
  loadSnapshotContents,
  type RunSource,
  type SnapshotContents,
} from './run-source-read-model.ts';
import { usesFlavorKeys } from './setting-keys.ts';

/** Puts a run in the queue of launches. @throws ApiError MaxConcurrentTasksError 429 where the queue is full */
export type EnqueueLaunch = (transaction: Transaction, request: LaunchRequest) => Promise<Launch>;

/** A request to run a snapshot; ids in database form where not said otherwise. */
export interface SnapshotRunRequest extends RunOrigin {
  readonly snapshotId: string;
  readonly userId: string;
  /** The run configuration as the client sent it. */
  readonly configuration?: Json | null | undefined;
  /** The run template that the snapshot belongs to. */
  readonly templateId?: string | undefined;
}

/** Runs snapshots from the server. */
export interface SnapshotRunsService {
  /**
   * Writes the derived snapshot, its placeholder run and the launch that waits for the dispatcher.
   * @returns the run's database id.
   * @throws ApiError ValueError 400, KeyError 404, EntityExistsError 409, MaxConcurrentTasksError 429
   */
  run(transaction: Transaction, request: SnapshotRunRequest): Promise<string>;
  /**
   * Writes the derived snapshot alone: what a trigger runs again and again.
   * @returns its database id.
   * @throws ApiError ValueError 400, KeyError 404
   */
  derive(transaction: Transaction, request: SnapshotRunRequest): Promise<string>;
  /**
   * Runs a snapshot as it is, which was derived before.
   * @returns the run's database id.
   * @throws ApiError ValueError 400, KeyError 404, IllegalOperationError 403 for an archived trigger,
   *   MaxConcurrentTasksError 429
   */
  runDerived(transaction: Transaction, request: DerivedRunRequest): Promise<string>;
}

/** A request to run a derived snapshot; ids in database form. */
export interface DerivedRunRequest {
  readonly snapshotId: string;
  readonly userId: string;
  /** What has triggered the run, and what is to be noted of that. */
  readonly trigger?: { readonly id: string; readonly info: Json | null };
}

/** What the service is made of. */
export interface SnapshotRunsParts {
  readonly complete: Complete;
  readonly runs: RunsService;
  readonly enqueueLaunch: EnqueueLaunch;
}

/** Makes the service. */
export function createSnapshotRunsService({ complete, runs, enqueueLaunch }: SnapshotRunsParts): SnapshotRunsService {
  const writeDerived = async (transaction: Transaction, request: SnapshotRunRequest) => {
    const configuration = request.configuration ?? {};
    checkInputOverrides(configuration);
    const source = await loadRunnable(transaction, request.snapshotId);
    checkRunConfiguration(configuration, source.isDynamic);
    const contents = await loadSnapshotContents(transaction, source.id);
    await holdPipeline(transaction, source.pipelineId);
    const derived = await derive(transaction, { source, contents, configuration, userId: request.userId });
    const body = toSnapshotRequest(source, contents, derived, request);
    const scope = { projectId: source.projectId, userId: request.userId };
    return { snapshotId: await createSnapshot(transaction, complete, body, scope), source, derived };
  };

  const begin = async (transaction: Transaction, { projectId }: RunSource, request: RunRequest, userId: string) => {
    const { id: runId } = await runs.getOrCreate(transaction, request, { projectId, userId });
    const snapshotId = toDatabaseId(request.snapshot);
    await enqueueLaunch(transaction, { projectId, userId, runId, snapshotId, kind: 'start' });
    return runId;
  };

  return {
    async run(transaction, request) {
      const { snapshotId, source, derived } = await writeDerived(transaction, request);
      return begin(transaction, source, toRunRequest(source, derived, request, snapshotId), request.userId);
    },

    async derive(transaction, request) {
      return (await writeDerived(transaction, request)).snapshotId;
    },

    async runDerived(transaction, { snapshotId, userId, trigger }) {
      const source = await loadRunnable(transaction, snapshotId);
      const contents = await loadSnapshotContents(transaction, snapshotId);
      await holdPipeline(transaction, source.pipelineId);
      const runId = await begin(transaction, source, toRunRequest(source, contents, {}, snapshotId), userId);
      if (trigger) await recordExecution(transaction, { triggerId: trigger.id, runId, info: trigger.info });
      return runId;
    },
  };
}

async function loadRunnable(transaction: Transaction, snapshotId: string): Promise<RunnableSource> {
  const source = await loadRunSource(transaction, snapshotId);
  if (!source) throw noSuch('pipeline snapshot', snapshotId);
  return checkRunnable(source);
}

async function derive(
  transaction: Transaction,
  from: { source: RunnableSource; contents: SnapshotContents; configuration: Json; userId: string },
): Promise<DerivedConfigurations> {
  const { source, contents, configuration, userId } = from;
  const secretIds = new Map<string, string>();
  for (const name of secretsIn(configuration)) {
    secretIds.set(name, await findUsableSecret(transaction, name, userId));
  }
  const { components } = source.build.stack;
  const orchestrator = components.find(({ type }) => type === 'orchestrator');
  return deriveConfigurations({
    contents,
    configuration,
    secretIds,
    components,
    isDynamic: source.isDynamic,
    byFlavor: usesFlavorKeys(source.build.zenmlVersion),
    orchestratorCanWait: orchestrator !== undefined && (await canWait(transaction, orchestrator.flavor)),
  });
}
