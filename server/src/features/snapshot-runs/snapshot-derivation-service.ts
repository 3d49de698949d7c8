import type { Complete } from '../../contract/completion.ts';
import type { Transaction } from '../../database/database.ts';
import type { Json } from '../../json.ts';
import { noSuch } from '../../listing/lister.ts';
import { findUsableSecret } from '../secrets/secret-names-read-model.ts';
import { createSnapshot } from '../snapshots/snapshots-service.ts';
import { type DerivedConfigurations, deriveConfigurations, secretsIn } from './derived-snapshot.ts';
import { checkInputOverrides, checkRunConfiguration, checkRunnable, type RunnableSource } from './run-checks.ts';
import { type RunOrigin, toSnapshotRequest } from './run-requests.ts';
import {
  canWait,
  holdPipeline,
  loadRunSource,
  loadSnapshotContents,
  type SnapshotContents,
} from './run-source-read-model.ts';
import { usesFlavorKeys } from './setting-keys.ts';

/** What to derive a snapshot from; ids in database form where not said otherwise. */
export interface DerivationRequest extends RunOrigin {
  readonly snapshotId: string;
  readonly userId: string;
  /** The run configuration as the client sent it. */
  readonly configuration?: Json | null | undefined;
  /** The run template that the snapshot belongs to. */
  readonly templateId?: string | undefined;
}

/** A derived snapshot that has been written. */
export interface Derivation {
  /** Database id. */
  readonly snapshotId: string;
  readonly source: RunnableSource;
  readonly derived: DerivedConfigurations;
}

/**
 * Writes the snapshot that a run configuration makes of another.
 * @throws ApiError ValueError 400, KeyError 404
 */
export type DeriveSnapshot = (transaction: Transaction, request: DerivationRequest) => Promise<Derivation>;

/** Makes it. */
export function createDeriveSnapshot(complete: Complete): DeriveSnapshot {
  return async (transaction, request) => {
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
}

/** A snapshot that the server can run. @throws ApiError ValueError 400, KeyError 404 */
export async function loadRunnable(transaction: Transaction, snapshotId: string): Promise<RunnableSource> {
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
  const { components: buildComponents } = source.build.stack;
  const orchestrator = buildComponents.find(({ type }) => type === 'orchestrator');
  return deriveConfigurations({
    contents,
    configuration,
    secretIds,
    components: source.stack.components,
    buildComponents,
    isDynamic: source.isDynamic,
    byFlavor: usesFlavorKeys(source.build.zenmlVersion),
    orchestratorCanWait: orchestrator !== undefined && (await canWait(transaction, orchestrator.flavor)),
  });
}
