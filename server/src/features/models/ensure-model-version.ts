import type { CreationRefusals } from '../../auth/permissions.ts';
import type { Model } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { keyError } from '../../errors.ts';
import { formatNameTemplate } from '../name-template.ts';
import { checkName } from '../names.ts';
import { createModelVersion } from './model-version-creation.ts';
import { ensureLink } from './model-version-links-store.ts';
import { checkVersionName, isNumeric, MODEL_STAGES } from './model-version-names.ts';
import * as store from './models-store.ts';

/** A run or step whose configuration names a model; ids in database form. */
export interface ModelUser {
  readonly runId: string;
  readonly projectId: string;
  readonly userId: string;
  readonly model: Model<'Model'>;
  /** What stands for `{name}` in the names of the model and its version. */
  readonly substitutions: Readonly<Record<string, string>>;
  /** What the user may not make, but only use. */
  readonly refusals?: CreationRefusals | undefined;
}

/**
 * Finds or makes the version of the model that a run or step uses, and links it to the run (ZenML 0.98.0
 * `_get_or_create_model_version_for_run`). Without a name a run gets one numbered version of its own.
 * @returns its database id.
 * @throws ApiError KeyError 404 for a number or stage that no version has, IllegalOperationError 403
 */
export async function ensureModelVersion(transaction: Transaction, user: ModelUser): Promise<string> {
  const modelId = await ensureModel(transaction, user);
  const { version } = user.model;
  const name = version == null ? undefined : formatNameTemplate(String(version), user.substitutions);
  const versionId = await ensureVersion(transaction, user, modelId, name);
  await ensureLink(transaction, 'run', { versionId, targetId: user.runId });
  return versionId;
}

async function ensureModel(transaction: Transaction, user: ModelUser): Promise<string> {
  const { model, projectId, userId } = user;
  const name = formatNameTemplate(model.name, user.substitutions);
  const existing = await store.lockModelByName(transaction, projectId, name);
  if (existing) return existing;
  if (user.refusals?.model) throw user.refusals.model;
  checkName(name, 'Model');
  try {
    return await store.insertModel(transaction, {
      name,
      project_id: projectId,
      user_id: userId,
      license: model.license ?? null,
      description: model.description ?? null,
      audience: model.audience ?? null,
      use_cases: model.use_cases ?? null,
      limitations: model.limitations ?? null,
      trade_offs: model.trade_offs ?? null,
      ethics: model.ethics ?? null,
      save_models_to_registry: model.save_models_to_registry ? 1 : 0,
    });
  } catch (error) {
    const other = isDuplicateKey(error) ? await store.lockModelByName(transaction, projectId, name) : undefined;
    if (other) return other;
    throw error;
  }
}

async function ensureVersion(
  transaction: Transaction,
  user: ModelUser,
  modelId: string,
  name: string | undefined,
): Promise<string> {
  const existing = await store.findModelVersion(transaction, modelId, referenceOf(name, user.runId));
  if (existing) return existing;
  if (name !== undefined && isReserved(name)) {
    const which = isNumeric(name) ? `version with number ${name}` : `${name} stage version`;
    throw keyError(`No ${which} found for model ${fromDatabaseId(modelId)}.`);
  }
  if (user.refusals?.modelVersion) throw user.refusals.modelVersion;
  if (name !== undefined) checkVersionName(name);
  return createModelVersion(transaction, modelId, {
    name,
    projectId: user.projectId,
    userId: user.userId,
    description: user.model.description ?? null,
    tags: user.model.tags,
    producerRunId: user.runId,
  });
}

function isReserved(name: string): boolean {
  return isNumeric(name) || MODEL_STAGES.includes(name);
}

function referenceOf(name: string | undefined, runId: string): store.VersionReference {
  if (name === undefined) return { by: 'producer_run_id_if_numeric', value: runId };
  if (isNumeric(name)) return { by: 'number', value: Number(name) };
  if (name === 'latest') return { by: 'latest' };
  return { by: MODEL_STAGES.includes(name) ? 'stage' : 'name', value: name };
}
