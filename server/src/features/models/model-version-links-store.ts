import type { Transaction } from '../../database/database.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';

/** What a model version is linked to: the table of the links and its column. */
const TARGETS = {
  artifact: { table: 'model_versions_artifacts', column: 'artifact_version_id' },
  run: { table: 'model_versions_runs', column: 'pipeline_run_id' },
} as const;

/** What a model version is linked to. */
export type LinkedType = keyof typeof TARGETS;

/** A link, by the database ids of both ends. */
export interface VersionLink {
  readonly versionId: string;
  readonly targetId: string;
}

/**
 * Links a model version to something, or finds the link: whoever writes links holds the model, as the tables have no
 * unique key.
 */
export async function ensureLink(
  transaction: Transaction,
  type: LinkedType,
  { versionId, targetId }: VersionLink,
): Promise<{ id: string; created: boolean }> {
  const existing = await findLink(transaction, type, versionId, targetId);
  if (existing) return { id: existing, created: false };
  const id = newId();
  const time = now();
  const base = { id, created: time, updated: time, model_version_id: versionId };
  if (type === 'artifact') {
    await transaction
      .insertInto('model_versions_artifacts')
      .values({ ...base, artifact_version_id: targetId })
      .execute();
  } else {
    await transaction
      .insertInto('model_versions_runs')
      .values({ ...base, pipeline_run_id: targetId })
      .execute();
  }
  return { id, created: true };
}

async function findLink(
  transaction: Transaction,
  type: LinkedType,
  versionId: string,
  targetId: string,
): Promise<string | undefined> {
  const { table, column } = TARGETS[type];
  const row = await transaction
    .selectFrom(table)
    .select('id')
    .where('model_version_id', '=', versionId)
    .where(column as 'id', '=', targetId)
    .executeTakeFirst();
  return row?.id;
}

/** Deletes a link of a model version by the link's id. @returns whether there was one. */
export async function deleteLink(
  transaction: Transaction,
  type: LinkedType,
  versionId: string,
  linkId: string,
): Promise<boolean> {
  const { numDeletedRows } = await transaction
    .deleteFrom(TARGETS[type].table)
    .where('model_version_id', '=', versionId)
    .where('id', '=', linkId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Finds a link of a model version by the name of the artifact or of the run; of several any one. */
export async function findLinkByName(
  transaction: Transaction,
  type: LinkedType,
  versionId: string,
  name: string,
): Promise<string | undefined> {
  const row =
    type === 'artifact'
      ? await transaction
          .selectFrom('model_versions_artifacts as link')
          .innerJoin('artifact_version', 'artifact_version.id', 'link.artifact_version_id')
          .innerJoin('artifact', 'artifact.id', 'artifact_version.artifact_id')
          .select('link.id')
          .where('link.model_version_id', '=', versionId)
          .where('artifact.name', '=', name)
          .executeTakeFirst()
      : await transaction
          .selectFrom('model_versions_runs as link')
          .innerJoin('pipeline_run', 'pipeline_run.id', 'link.pipeline_run_id')
          .select('link.id')
          .where('link.model_version_id', '=', versionId)
          .where('pipeline_run.name', '=', name)
          .executeTakeFirst();
  return row?.id;
}

/** Deletes all links of a model version to artifact versions. @returns the database ids of these. */
export async function deleteArtifactLinks(transaction: Transaction, versionId: string): Promise<string[]> {
  const links = transaction.selectFrom('model_versions_artifacts').where('model_version_id', '=', versionId);
  const rows = await links.select('artifact_version_id').execute();
  await transaction.deleteFrom('model_versions_artifacts').where('model_version_id', '=', versionId).execute();
  return [...new Set(rows.map((row) => row.artifact_version_id))];
}
