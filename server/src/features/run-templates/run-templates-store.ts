import type { Insertable } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { RunTemplateTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';

/** The columns of a run template that a client sets. */
export type RunTemplateValues = Omit<Insertable<RunTemplateTable>, 'id' | 'created' | 'updated'>;

/** Inserts a run template. @returns its database id, or `undefined` where the project has one of that name. */
export async function insertRunTemplate(
  transaction: Transaction,
  values: RunTemplateValues,
): Promise<string | undefined> {
  const id = newId();
  const created = now();
  const row = { id, created, updated: created, ...values };
  const free = await unlessTaken(() => transaction.insertInto('run_template').values(row).execute());
  return free ? id : undefined;
}

/** Finds the project of a run template and holds the template until the transaction ends. */
export async function lockRunTemplate(
  transaction: Transaction,
  id: string,
): Promise<{ project_id: string } | undefined> {
  const query = transaction.selectFrom('run_template').select('project_id').where('id', '=', id);
  return query.forUpdate().executeTakeFirst();
}

/** Changes what is given of a run template. @returns whether its new name is free. */
export function updateRunTemplate(
  transaction: Transaction,
  id: string,
  values: Partial<RunTemplateValues>,
): Promise<boolean> {
  const changes = { ...values, updated: now() };
  return unlessTaken(() => transaction.updateTable('run_template').set(changes).where('id', '=', id).execute());
}

/** Names a snapshot as the template that is made of it. @returns whether the name is free. */
export function nameSnapshot(
  transaction: Transaction,
  id: string,
  values: { name: string; description: string | null },
): Promise<boolean> {
  const changes = { ...values, updated: now() };
  return unlessTaken(() => transaction.updateTable('pipeline_snapshot').set(changes).where('id', '=', id).execute());
}

async function unlessTaken(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/** Deletes a run template with its tags' links; snapshots forget it. @returns whether there was one. */
export async function deleteRunTemplate(transaction: Transaction, id: string): Promise<boolean> {
  await transaction
    .deleteFrom('tag_resource')
    .where('resource_id', '=', id)
    .where('resource_type', '=', 'run_template')
    .execute();
  await transaction
    .updateTable('pipeline_snapshot')
    .set({ template_id: null, updated: now() })
    .where('template_id', '=', id)
    .execute();
  const { numDeletedRows } = await transaction.deleteFrom('run_template').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}

/** A component of the stack that a snapshot's image was built for; `is_custom` is null where its flavor is gone. */
export interface BuiltComponent {
  readonly type: string;
  readonly flavor: string;
  readonly is_custom: number | null;
}

/** What a snapshot's build says of where it can run; `undefined` without a build. */
export async function findBuild(
  connection: Connection,
  snapshotId: string,
): Promise<{ stackId: string | null; components: BuiltComponent[] } | undefined> {
  const build = await connection
    .selectFrom('pipeline_snapshot')
    .innerJoin('pipeline_build', 'pipeline_build.id', 'pipeline_snapshot.build_id')
    .select('pipeline_build.stack_id')
    .where('pipeline_snapshot.id', '=', snapshotId)
    .executeTakeFirst();
  if (!build?.stack_id) return build && { stackId: null, components: [] };
  const components = await connection
    .selectFrom('stack_composition')
    .innerJoin('stack_component', 'stack_component.id', 'stack_composition.component_id')
    .leftJoin('flavor', (join) =>
      join.onRef('flavor.name', '=', 'stack_component.flavor').onRef('flavor.type', '=', 'stack_component.type'),
    )
    .select(['stack_component.type', 'stack_component.flavor', 'flavor.is_custom'])
    .where('stack_composition.stack_id', '=', build.stack_id)
    .execute();
  return { stackId: build.stack_id, components };
}
