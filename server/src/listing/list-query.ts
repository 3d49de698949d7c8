import { sql } from 'kysely';
import type { Condition, Operand } from './comparisons.ts';
import { columnOf, type Fields } from './fields.ts';
import { filterError } from './operators.ts';
import type { Sorts } from './sorts.ts';

/** The parsed query parameters of a list operation. */
export type ListParameters = Readonly<Record<string, unknown>>;

/** What can be filtered and sorted in a list. */
export interface ListedTable {
  readonly table: string;
  readonly fields: Fields;
  readonly sorts?: Sorts;
}

/** A list request as SQL fragments. */
export interface ListQuery {
  readonly where: Condition | undefined;
  readonly joins: Operand;
  readonly orderBy: Operand;
  readonly page: number;
  readonly size: number;
}

/**
 * Compiles the query of a list request.
 * @param scope conditions that hold whatever the client asks for, such as the project.
 * @throws RequestValidationError 422 for an operator, a value or a sort order that the field does not know.
 */
export function compileListQuery(
  listed: ListedTable,
  parameters: ListParameters,
  scope: readonly Condition[],
): ListQuery {
  const always = [...scope];
  const chosen: Condition[] = [];
  for (const [name, field] of Object.entries(listed.fields)) {
    const conditions = valuesOf(parameters[name]).flatMap((value) => field.condition(value, listed.table) ?? []);
    const either = field.either ? combine(conditions, 'or') : undefined;
    (field.always ? always : chosen).push(...(either ? [either] : conditions));
  }
  const combined = combine(chosen, parameters['logical_operator'] === 'or' ? 'or' : 'and');
  return {
    where: combine(combined ? [...always, combined] : always, 'and'),
    ...compileSort(listed, String(parameters['sort_by'] ?? 'created')),
    page: Number(parameters['page'] ?? 1),
    size: Number(parameters['size'] ?? 20),
  };
}

function valuesOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

function combine(conditions: readonly Condition[], operator: 'and' | 'or'): Condition | undefined {
  if (conditions.length < 2) return conditions[0];
  return sql`(${sql.join(conditions, sql.raw(` ${operator} `))})`;
}

function compileSort(listed: ListedTable, sortBy: string): { orderBy: Operand; joins: Operand } {
  const [prefix, ...rest] = sortBy.split(':');
  const name = rest.length > 0 ? rest.join(':') : sortBy;
  const direction = sql.raw(rest.length > 0 && prefix === 'desc' ? 'desc' : 'asc');
  const tiebreak = sql`, ${columnOf(listed.table, 'id')} ${direction}`;
  const sort = listed.sorts?.[name];
  if (sort) {
    const orderBy = sql`${sort.by(listed.table)} ${direction}${sort.tiebreak ? tiebreak : sql``}`;
    return { orderBy, joins: sort.join?.(listed.table) ?? sql`` };
  }
  const column = listed.fields[name]?.column;
  if (column === undefined)
    throw filterError(`You can only sort by valid fields of this resource, not by '${sortBy}'.`);
  return { orderBy: sql`${columnOf(listed.table, column)} ${direction}${tiebreak}`, joins: sql`` };
}
