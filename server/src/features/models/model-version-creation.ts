import type { Transaction } from '../../database/database.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists } from '../../errors.ts';
import { attachTags, type TagReference } from '../tags/tags-service.ts';
import * as store from './models-store.ts';

/** A new version of a model; ids in database form. */
export interface NewModelVersion {
  /** Left out where the version is called by its number. */
  readonly name: string | null | undefined;
  readonly projectId: string;
  readonly userId: string;
  readonly description: string | null;
  readonly stage?: string | null;
  readonly tags: readonly TagReference[] | null | undefined;
  /** The run that makes the version. */
  readonly producerRunId?: string;
}

/**
 * Creates a version with the model's next number: the model is held, so that numbers are consecutive however many come
 * at once.
 * @returns its database id.
 * @throws ApiError EntityExistsError 409 for a name that is taken.
 */
export async function createModelVersion(
  transaction: Transaction,
  modelId: string,
  version: NewModelVersion,
): Promise<string> {
  const model = await store.lockModel(transaction, modelId);
  const number = await store.nextVersionNumber(transaction, modelId);
  const name = version.name || String(number);
  const values = {
    name,
    number,
    model_id: modelId,
    project_id: version.projectId,
    user_id: version.userId,
    description: version.description,
    stage: version.stage ?? null,
  };
  const producer = version.name ? undefined : version.producerRunId;
  const id = await store.insertModelVersion(transaction, values, producer).catch((error: unknown) => {
    throw isDuplicateKey(error) ? versionTaken(model?.name ?? '', name) : error;
  });
  await attachTags(transaction, { type: 'model_version', ids: [id], userId: version.userId }, version.tags);
  return id;
}

function versionTaken(model: string, version: string) {
  return entityExists(
    `Unable to create model version ${model} (version ${version}): A model with the same name and version already exists.`,
  );
}
