import type { Parameter, Schema } from '../operations.ts';

/** What kind of values a filter field takes, as far as the contract tells. */
export type Kind = 'id' | 'instant' | 'number' | 'boolean' | 'text';

export function kindOf({ schema }: Parameter): Kind {
  const kinds = flatten(schema);
  if (kinds.some(({ format }) => format === 'uuid')) return 'id';
  if (kinds.some(({ format }) => format === 'date-time')) return 'instant';
  if (kinds.some(({ type }) => type === 'boolean')) return 'boolean';
  if (kinds.some(({ type }) => type === 'integer' || type === 'number')) return 'number';
  return 'text';
}

function flatten(schema: Schema): Schema[] {
  if (schema.anyOf) return schema.anyOf.flatMap(flatten);
  return schema.items ? [schema, ...flatten(schema.items)] : [schema];
}

const unknownId = '00000000-0000-4000-8000-000000000000';

/** A value to fall back on where no item shows one. */
export const fallback: Record<Kind, string> = {
  id: unknownId,
  instant: '2026-01-10 08:00:00',
  number: '1',
  boolean: 'true',
  text: 'train',
};

/**
 * Conditions on a field: every operator with a sensible value, and what a careless client might send.
 * @param value one that the field has
 * @param other another one, or the same
 */
export function conditions(kind: Kind, value: string, other: string): string[][] {
  const given = kind === 'instant' ? value.replace('T', ' ').replace(/\..*$/, '') : value;
  const middle = given.slice(1, 4) || given;
  const sensible = [
    given,
    `equals:${given}`,
    `notequals:${given}`,
    `contains:${middle}`,
    `startswith:${given.slice(0, 3)}`,
    `endswith:${given.slice(-3)}`,
    `notcontains:${middle}`,
    `oneof:${JSON.stringify([given, other])}`,
    `notoneof:${JSON.stringify([given])}`,
    'isnull:',
    'isnotnull:',
    `gt:${given}`,
    `gte:${given}`,
    `lt:${given}`,
    `lte:${given}`,
    kind === 'instant' ? `in:${given},2030-01-01 00:00:00` : `in:${given}`,
  ];
  const careless = [
    '',
    'no-such-value',
    'foo:bar',
    'oneof:not json',
    'oneof:[]',
    'isnull:x',
    'gt:abc',
    'lt:1.5',
    'contains:%',
    'contains:_',
    "startswith:'",
    given.toUpperCase(),
    `${given} `,
    given.replaceAll('-', ''),
    'in:a',
  ];
  const repeated = [
    [`contains:${middle}`, `notequals:${other}`],
    [given, other],
  ];
  return [...[...sensible, ...careless].map((condition) => [condition]), ...repeated];
}
