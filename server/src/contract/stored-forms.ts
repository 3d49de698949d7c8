import { parseExactly } from '../exact-numbers.ts';
import { createFormExpansion } from './accepted-forms.ts';
import { createCompletion } from './completion.ts';
import { type ContractDocument, type JsonSchema, readContract } from './document.ts';

/** Configurations that are stored as JSON text, by the name of their schema. */
type Configuration = 'PipelineConfiguration' | 'Step';

/** The schemas whose members a current text names, each at least once. */
const PARTS: Readonly<Record<Configuration, readonly string[]>> = {
  PipelineConfiguration: ['PipelineConfiguration-Output'],
  Step: ['StepSpec-Output', 'StepConfiguration-Output'],
};

let forms: ReturnType<typeof createForms> | undefined;

/**
 * A stored configuration as this release stores it. Releases before it, whose rows a migrated database holds, knew fewer
 * members and other names for some: those get their defaults, as where the reference reads them.
 * @param text JSON; what is current, which nearly all is, comes back as it is without being parsed.
 */
export function inCurrentForm(configuration: Configuration, text: string): string {
  forms ??= createForms(readContract());
  const { names, toCurrent } = forms[configuration];
  return names.every((name) => text.includes(name)) ? text : toCurrent(text);
}

function createForms(document: ContractDocument) {
  const complete = createCompletion(document);
  const expansionFor = createFormExpansion(document);
  const form = (configuration: Configuration) => {
    const expand = expansionFor({ pointer: `#/components/schemas/${configuration}-Input` });
    return {
      names: PARTS[configuration].flatMap((name) => membersOf(document.components.schemas[name])),
      toCurrent: (text: string) => JSON.stringify(complete(`${configuration}-Output`, expand(parseExactly(text)))),
    };
  };
  return { PipelineConfiguration: form('PipelineConfiguration'), Step: form('Step') };
}

/** As they stand in JSON text. */
function membersOf(schema: JsonSchema | undefined): string[] {
  return Object.keys(schema?.['properties'] ?? {}).map((name) => `"${name}"`);
}
