import { type ContractDocument, type JsonSchema, schemaAt } from './document.ts';

const BODIES = /\/(?:PipelineSnapshotRunRequest|PipelineRunConfiguration|ReplayRunConfiguration)"/;
const WITH_SHORT_FORMS = ['PipelineRunConfiguration', 'ReplayRunConfiguration', 'StepConfigurationUpdate'];

/** Whether a request body is, or has, a run configuration: what it leaves out stays as the snapshot has it, so no default may be filled in. */
export function isRunConfigurationBody(document: ContractDocument, pointer: string): boolean {
  return BODIES.test(JSON.stringify(schemaAt(document, pointer)));
}

/**
 * The contract with what the reference also takes in run configurations, and writes itself into the templates that it
 * makes for them: sources of hooks as import paths, and the cache policy by its name.
 */
export function withShortForms(document: ContractDocument): ContractDocument {
  const schemas = { ...document.components.schemas };
  for (const name of WITH_SHORT_FORMS) {
    const schema = schemas[name];
    const properties = Object.entries(schema?.properties ?? {});
    const extended = properties.map(([property, itsSchema]) => [property, withShortForm(property, itsSchema)] as const);
    schemas[name] = { ...schema, properties: Object.fromEntries(extended) };
  }
  return { ...document, components: { ...document.components, schemas } };
}

function withShortForm(property: string, schema: JsonSchema): JsonSchema {
  if (property.endsWith('_hook_source')) return { anyOf: [...(schema.anyOf ?? []), { type: 'string', minLength: 1 }] };
  if (property !== 'cache_policy') return schema;
  return { anyOf: [...(schema.anyOf ?? []), { type: 'string', pattern: '^[Dd][Ee][Ff][Aa][Uu][Ll][Tt]$' }] };
}
