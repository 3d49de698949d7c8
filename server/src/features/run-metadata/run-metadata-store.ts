import type { Insertable } from 'kysely';
import type { Transaction } from '../../database/database.ts';
import type { RunMetadataTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';

/** One metadata entry; its value as JSON text. */
export type MetadataValues = Omit<Insertable<RunMetadataTable>, 'id' | 'created' | 'updated'>;

/** What an entry describes, database id. */
export interface MetadataTarget {
  readonly id: string;
  readonly type: string;
}

/** Inserts entries, each for all of the targets. */
export async function insertMetadata(
  transaction: Transaction,
  entries: readonly MetadataValues[],
  targets: readonly MetadataTarget[],
): Promise<void> {
  if (entries.length === 0 || targets.length === 0) return;
  const created = now();
  const rows = entries.map((entry) => ({ id: newId(), created, updated: created, ...entry }));
  const links = rows.flatMap((row) =>
    targets.map((target) => ({
      id: newId(),
      resource_id: target.id,
      resource_type: target.type,
      run_metadata_id: row.id,
    })),
  );
  await transaction.insertInto('run_metadata').values(rows).execute();
  await transaction.insertInto('run_metadata_resource').values(links).execute();
}
