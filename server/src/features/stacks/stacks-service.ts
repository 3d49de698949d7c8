import { invalidBody } from '../../contract/issues.ts';
import type { BodyOf } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { encodeJson } from '../../database/encoded-json.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { illegalOperation, keyError } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { DEFAULT_NAME } from '../components/components-service.ts';
import { checkName } from '../names.ts';
import { linkSecrets, unlinkSecrets } from '../secrets/secret-links.ts';
import type { Onboarding, OnboardingStep } from '../server/onboarding.ts';
import type { ServiceConnectorsService } from '../service-connectors/service-connectors-service.ts';
import { makeStackParts } from './stack-parts-service.ts';
import * as store from './stacks-store.ts';

type StackRequest = BodyOf<'create_stack_api_v1_stacks_post'>;
type StackUpdate = BodyOf<'update_stack_api_v1_stacks__stack_id__put'>;

/** The rules of stacks. */
export interface StacksService {
  /** Creates a stack, with parts where they are described instead of named, and returns its database id. */
  create(transaction: Transaction, request: StackRequest, userId: string): Promise<string>;
  update(transaction: Transaction, id: string, update: StackUpdate, userId: string): Promise<void>;
  remove(transaction: Transaction, id: string): Promise<void>;
}

/**
 * @param connectors makes those that a stack's request describes.
 * @param onboarding told when the first stack with remote components is made.
 */
export function createStacksService(connectors: ServiceConnectorsService, onboarding: Onboarding): StacksService {
  return {
    async create(transaction, request, userId) {
      checkComponents(request.components);
      checkConnectorIndexes(request);
      checkName(request.name, 'Stack');
      const composition = await makeStackParts(transaction, connectors, request, userId);
      const id = await store.insertStack(transaction, {
        name: request.name,
        description: request.description,
        user_id: userId,
        stack_spec_path: request.stack_spec_path ?? null,
        labels: encodeJson(request.labels ?? {}),
        environment: encodeJson(request.environment),
      });
      const components = await requireComponents(transaction, composition, (componentId) =>
        noSuch('stack component', componentId),
      );
      await store.replaceComposition(transaction, id, composition);
      await linkSecrets(transaction, { type: 'stack', id, userId }, request.secrets);
      await onboarding.complete(transaction, completedSteps(components));
      return id;
    },

    async update(transaction, id, update, userId) {
      if (update.components != null) checkComponents(update.components);
      const stack = await store.lockStack(transaction, id);
      if (!stack) throw noSuch('stack', id);
      if (stack.name === DEFAULT_NAME) throw illegalOperation('The default stack cannot be modified.');
      await store.updateStack(transaction, id, toChanges(update));
      if (update.components != null) {
        const composition = toComposition(update.components);
        await requireComponents(transaction, composition, unknownReference);
        await store.replaceComposition(transaction, id, composition);
      }
      const target = { type: 'stack', id, userId } as const;
      await linkSecrets(transaction, target, update.add_secrets);
      await unlinkSecrets(transaction, target, update.remove_secrets);
    },

    async remove(transaction, id) {
      const stack = await store.lockStack(transaction, id);
      if (!stack) throw noSuch('stack', id);
      if (stack.name === DEFAULT_NAME) throw illegalOperation('The default stack cannot be deleted.');
      await store.deleteStack(transaction, id);
    },
  };
}

/** Types of which a stack may have several components (ZenML 0.98.0 `supports_multiple_per_stack`). */
const REPEATABLE = ['alerter', 'experiment_tracker', 'step_operator', 'sandbox'];

/** @throws RequestValidationError 422 for a stack that cannot run anything, or has two of what it may have once */
function checkComponents(components: Readonly<Record<string, readonly unknown[] | undefined>>): void {
  const repeated = Object.entries(components).find(
    ([type, list]) => !REPEATABLE.includes(type) && (list?.length ?? 0) > 1,
  );
  if (repeated) {
    throw invalidBody(
      `Stack component type '${repeated[0]}' does not support multiple components in a single stack.`,
      'components',
    );
  }
  if (!components['orchestrator']?.length || !components['artifact_store']?.length) {
    throw invalidBody('Stack must contain at least an orchestrator and artifact store.', 'components');
  }
}

/** @throws RequestValidationError 422 for a component whose connector is none of the request's */
function checkConnectorIndexes({ service_connectors, components }: StackRequest): void {
  for (const component of Object.values(components).flatMap((list) => list ?? [])) {
    const index = typeof component === 'string' ? null : (component.service_connector_index ?? null);
    if (index === null || (index >= 0 && index < service_connectors.length)) continue;
    throw invalidBody(
      `Service connector index ${index} is out of range. Please provide a valid index referring to the position in ` +
        'the list of service connectors.',
    );
  }
}

function toComposition(components: NonNullable<StackUpdate['components']>): store.Composition {
  return new Map(Object.entries(components).map(([type, ids]) => [type, (ids ?? []).map(toDatabaseId)]));
}

async function requireComponents(
  transaction: Transaction,
  composition: store.Composition,
  unknown: (id: string, type: string) => Error,
): Promise<store.ComponentOfStack[]> {
  const wanted = [...composition.values()].flat();
  const components = await store.findComponents(transaction, wanted);
  const found = new Set(components.map((component) => component.id));
  for (const [type, ids] of composition) {
    const missing = ids.find((id) => !found.has(id));
    if (missing) throw unknown(missing, type);
  }
  if (new Set(wanted).size < wanted.length) throw invalidBody('A component is in a stack once only.', 'components');
  return components;
}

function unknownReference(id: string, type: string): Error {
  const shown = fromDatabaseId(id);
  return keyError(`The ${type} stack component with ID ${shown} referenced by the stack being updated was not found`);
}

const LOCAL_ORCHESTRATORS = ['local', 'local_docker'];

function completedSteps(components: readonly store.ComponentOfStack[]): OnboardingStep[] {
  const has = (type: string, local: readonly string[]) =>
    components.some((component) => component.type === type && !local.includes(component.flavor));
  return [
    ...(has('orchestrator', LOCAL_ORCHESTRATORS) ? (['stack_with_remote_orchestrator_created'] as const) : []),
    ...(has('artifact_store', ['local']) ? (['stack_with_remote_artifact_store_created'] as const) : []),
  ];
}

function toChanges(update: StackUpdate): Partial<store.StackValues> {
  return {
    ...(update.name != null && { name: update.name }),
    ...(update.description !== undefined && { description: update.description }),
    ...(update.stack_spec_path !== undefined && { stack_spec_path: update.stack_spec_path }),
    ...(update.labels !== undefined && { labels: encodeJson(update.labels) }),
    ...(update.environment !== undefined && { environment: encodeJson(update.environment) }),
  };
}
