import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { type JsonMembers, readMembers, writeMembers } from '../../json-members.ts';
import type { MetadataResourceType } from '../../listing/fields.ts';
import { rawJson } from '../../raw-json.ts';

/** Metadata as answers show it: one value per key. */
export type RunMetadata = Model<'PipelineRunResponseMetadata'>['run_metadata'];

/** What a statement selects of an entry: whose it is, its key and the JSON text of its value. */
export interface MetadataEntry {
  resource_id: string;
  key: string;
  value: string;
}

/** Loads the metadata of resources, by the resource's database id; those without any have an empty object. */
export async function loadRunMetadata(
  connection: Connection,
  type: MetadataResourceType,
  ids: readonly string[],
): Promise<Map<string, RunMetadata>> {
  if (ids.length === 0) return new Map();
  const entries = await connection
    .selectFrom('run_metadata_resource')
    .innerJoin('run_metadata', 'run_metadata.id', 'run_metadata_resource.run_metadata_id')
    .select(['run_metadata_resource.resource_id', 'run_metadata.key', 'run_metadata.value'])
    .where('run_metadata_resource.resource_id', 'in', ids)
    .where('run_metadata_resource.resource_type', '=', type)
    .orderBy('run_metadata.created')
    .orderBy('run_metadata.id')
    .execute();
  const metadata = resolveMetadata(entries);
  return new Map(ids.map((id) => [id, metadata.get(id) ?? {}]));
}

/**
 * Resolves entries to one value per resource and key: the latest, or, where all values of the key are objects, their
 * members together, the latest of each (ZenML 0.98.0 zen_stores/schemas/utils.py).
 * @param entries oldest first.
 */
export function resolveMetadata(entries: readonly MetadataEntry[]): Map<string, RunMetadata> {
  const values = new Map<string, Map<string, string[]>>();
  for (const { resource_id, key, value } of entries) {
    const ofResource = values.get(resource_id) ?? new Map<string, string[]>();
    values.set(resource_id, ofResource);
    ofResource.set(key, [...(ofResource.get(key) ?? []), value]);
  }
  const resolved = new Map<string, RunMetadata>();
  for (const [id, ofResource] of values) {
    resolved.set(id, Object.fromEntries(Array.from(ofResource, ([key, texts]) => [key, rawJson(resolveValue(texts))])));
  }
  return resolved;
}

function resolveValue(texts: readonly string[]): string {
  const latest = texts.at(-1) ?? 'null';
  if (texts.length === 1) return latest;
  const merged: JsonMembers = new Map();
  for (const text of texts) {
    const members = readMembers(text);
    if (!members) return latest;
    for (const [name, member] of members) merged.set(name, member);
  }
  return writeMembers(merged);
}
