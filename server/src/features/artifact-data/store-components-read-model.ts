import type { Connection } from '../../database/database.ts';
import { decodeJson } from '../../database/encoded-json.ts';

/** An artifact store of a stack, as it is configured. */
export interface StoreComponent {
  readonly name: string;
  readonly type: string;
  readonly flavor: string;
  /** Texts may refer to secrets: `{{name.key}}`. */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Database id. */
  readonly connectorId: string | null;
}

/** Finds a component by its database id. */
export async function findStoreComponent(connection: Connection, id: string): Promise<StoreComponent | undefined> {
  const row = await connection
    .selectFrom('stack_component')
    .select(['name', 'type', 'flavor', 'configuration', 'connector_id'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) return undefined;
  const configuration = (decodeJson(row.configuration) ?? {}) as Record<string, unknown>;
  return { name: row.name, type: row.type, flavor: row.flavor, configuration, connectorId: row.connector_id };
}

/** The database id of the artifact store of a stack; `undefined` where the stack has none. */
export async function findArtifactStoreOf(connection: Connection, stackId: string): Promise<string | undefined> {
  const row = await connection
    .selectFrom('stack_composition')
    .innerJoin('stack_component', 'stack_component.id', 'stack_composition.component_id')
    .select('stack_component.id')
    .where('stack_composition.stack_id', '=', stackId)
    .where('stack_component.type', '=', 'artifact_store')
    .orderBy('stack_composition.default_for_type', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}
