import type { Model } from '../../contract/operation-types.ts';
import type { Database } from '../../database/database.ts';
import { decodeJsonText } from '../../database/encoded-json.ts';
import { FULL, one } from '../../listing/page.ts';
import { loadNestedServiceConnectors } from '../service-connectors/service-connectors-read-model.ts';
import { loadStacks } from '../stacks/stacks-read-model.ts';

/** Of so many stacks, the newest, one is looked for (ZenML 0.98.0 stack_deployment.py). */
const NEWEST = 50;

/**
 * Finds the newest stack that a deployment has registered, with the connector of its orchestrator.
 * @param after instant in database form: none that is older
 */
export async function findDeployedStack(
  db: Database,
  provider: string,
  deployment: string,
  after: string | undefined,
): Promise<Model<'DeployedStack'> | null> {
  const stacks = await db
    .selectFrom('stack')
    .select(['id', 'labels'])
    .$if(after !== undefined, (query) => query.where('created', '>', after ?? ''))
    .orderBy('created', 'desc')
    .orderBy('id', 'desc')
    .limit(NEWEST)
    .execute();
  for (const { id, labels } of stacks) {
    const text = labels === null ? undefined : decodeJsonText(labels);
    const given: Record<string, unknown> = text === undefined ? {} : (JSON.parse(text) ?? {});
    if (given['zenml:provider'] !== provider || given['zenml:deployment'] !== deployment) continue;
    const connectorId = await findConnector(db, id);
    if (connectorId === undefined) continue;
    const connectors = await loadNestedServiceConnectors(db, [connectorId]);
    return { stack: one(await loadStacks(db, [id], FULL), id), service_connector: one(connectors, connectorId) };
  }
  return null;
}

async function findConnector(db: Database, stackId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('stack_composition as part')
    .innerJoin('stack_component as component', 'component.id', 'part.component_id')
    .select('component.connector_id')
    .where('part.stack_id', '=', stackId)
    .where('component.type', '=', 'orchestrator')
    .where('component.connector_id', 'is not', null)
    .executeTakeFirst();
  return row?.connector_id ?? undefined;
}
