import { isExactNumber } from '../exact-numbers.ts';
import { branchesOf, type ContractDocument, type JsonSchema, otherMembers, schemaAt } from './document.ts';
import type { OperationBody } from './operation-index.ts';

/** Puts the numbers of one parsed body into another, of the same text, in place. */
export type RestoreNumbers = (body: unknown, exact: unknown) => void;

/**
 * After a body was checked: puts exact numbers back where the contract leaves open what stands there, such as values of
 * metadata and parameters of steps. What it calls an integer is one, however it was written, as with pydantic.
 */
export function createNumberRestoration(document: ContractDocument): (body: OperationBody) => RestoreNumbers {
  const restore = (branches: readonly JsonSchema[], body: unknown, exact: unknown): void => {
    if (typeof body !== 'object' || body === null || typeof exact !== 'object' || exact === null) return;
    const target = body as Record<string, unknown>;
    for (const [name, value] of Object.entries(exact)) {
      const isKept = isExactNumber(value) || isInfinite(value);
      if (!isKept && (typeof value !== 'object' || value === null)) continue;
      const inner = branches.flatMap((schema) => partOf(schema, name)).flatMap((part) => branchesOf(document, part));
      if (!isKept) restore(inner, target[name], value);
      else if (isOpen(inner)) target[name] = value;
    }
  };
  return ({ pointer }) => {
    const branches = branchesOf(document, schemaAt(document, pointer));
    return (body, exact) => restore(branches, body, exact);
  };
}

function isInfinite(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value);
}

/** What a schema says of one member or item. */
function partOf(schema: JsonSchema, name: string): readonly JsonSchema[] {
  const part = schema.properties?.[name] ?? otherMembers(schema) ?? schema.items;
  return part ? [part] : [];
}

/** Where an integer is expected and nothing else, a handler counts with it. */
function isOpen(branches: readonly JsonSchema[]): boolean {
  const types = branches.flatMap(({ type }) => type ?? []);
  return !types.includes('integer') || types.includes('number');
}
