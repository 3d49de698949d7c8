import { isDeepStrictEqual } from 'node:util';
import { type JsonMembers, readMembers, writeMembers } from '../../json-members.ts';
import type { ConfigurableStep } from './configurable-snapshot.ts';
import { renameReferences } from './schema-definitions.ts';

/**
 * The schema of a step's parameters as its client derived it; `undefined` where it has none. What that schema defines
 * is added to the definitions, under another name where its own is taken by something else.
 * @param ofCatalogue names of definitions that have no descriptions
 */
export function takeParameterSchema(
  { name: step, parameterSpec }: ConfigurableStep,
  definitions: JsonMembers,
  ofCatalogue: ReadonlySet<string>,
): string | undefined {
  if (parameterSpec.size === 0) return undefined;
  const schema = new Map(parameterSpec);
  const own = readMembers(schema.get('$defs') ?? '{}') ?? new Map<string, string>();
  schema.delete('$defs');
  const isTaken = (name: string, text: string) => {
    const taken = definitions.get(name);
    return taken !== undefined && !isSame(taken, text, ofCatalogue.has(name));
  };
  const names = new Map(Array.from(own, ([name, text]) => [name, freeName(step, name, text, isTaken)]));
  for (const [name, text] of own) {
    const free = names.get(name) ?? name;
    if (!definitions.has(free)) definitions.set(free, renameReferences(text, names));
  }
  return renameReferences(writeMembers(schema), names);
}

function freeName(step: string, name: string, text: string, isTaken: (name: string, text: string) => boolean): string {
  if (!isTaken(name, text)) return name;
  let free = `${step}__${name}`;
  for (let suffix = 2; isTaken(free, text); suffix++) free = `${step}__${name}_${suffix}`;
  return free;
}

/** Definitions of the catalogue have no descriptions, which those that clients send of the same classes have. */
function isSame(taken: string, text: string, ofCatalogue: boolean): boolean {
  if (taken === text) return true;
  const schema: unknown = JSON.parse(text);
  return isDeepStrictEqual(JSON.parse(taken), ofCatalogue ? withoutDescriptions(schema) : schema);
}

function withoutDescriptions(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutDescriptions);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([name, value]) => name !== 'description' || typeof value !== 'string');
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutDescriptions(value)]));
}
