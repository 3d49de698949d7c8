import type { Transaction } from '../database/database.ts';
import { encodeJson } from '../database/encoded-json.ts';
import { DEFAULT_NAME } from '../features/components/components-service.ts';
import { insertComponent } from '../features/components/components-store.ts';
import { insertStack, replaceComposition } from '../features/stacks/stacks-store.ts';
import { findComponentsByName, stackExists } from './first-start-store.ts';

/** What the default stack is made of; each of flavor `local`. */
const COMPONENT_TYPES = ['orchestrator', 'deployer', 'artifact_store'] as const;

/** Makes the stack on which pipelines run until there is another. It belongs to nobody. @returns whether it was missing. */
export async function ensureDefaultStack(transaction: Transaction): Promise<boolean> {
  if (await stackExists(transaction, DEFAULT_NAME)) return false;
  const components = await findComponentsByName(transaction, DEFAULT_NAME);
  const composition = new Map<string, string[]>();
  for (const type of COMPONENT_TYPES) {
    composition.set(type, [components.get(type) ?? (await insertDefaultComponent(transaction, type))]);
  }
  const stackId = await insertStack(transaction, {
    name: DEFAULT_NAME,
    description: '',
    user_id: null,
    stack_spec_path: null,
    labels: encodeJson({}),
    environment: encodeJson(null),
  });
  await replaceComposition(transaction, stackId, composition);
  return true;
}

function insertDefaultComponent(transaction: Transaction, type: string): Promise<string> {
  return insertComponent(transaction, {
    name: DEFAULT_NAME,
    type,
    flavor: 'local',
    user_id: null,
    configuration: encodeJson({}),
    labels: encodeJson(null),
    environment: encodeJson(null),
    connector_id: null,
    connector_resource_id: null,
  });
}
