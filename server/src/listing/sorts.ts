import { sql } from 'kysely';
import type { Operand } from './comparisons.ts';
import { columnOf } from './fields.ts';

/** An order that is not simply a column of the listed table. */
export interface Sort {
  /** The expression to order by. */
  readonly by: (table: string) => Operand;
  /** Tables that it needs besides the listed one, as JOIN clauses. */
  readonly join?: (table: string) => Operand;
  /** Whether rows that are equal in it are ordered by id; the reference does so except for related names and tags. */
  readonly tiebreak?: boolean;
}

/** Sorts by `sort_by` name. */
export type Sorts = Readonly<Record<string, Sort>>;

/** Orders by a column of a related row; rows without one come first, as NULL does in MySQL. */
export function relatedColumn(column: string, table: string, name = 'name'): Sort {
  const alias = `sorted_${table}`;
  return {
    join: (listed) =>
      sql`left join ${sql.table(table)} as ${sql.table(alias)} on ${sql.ref(`${alias}.id`)} = ${columnOf(listed, column)}`,
    by: () => sql`${sql.ref(`${alias}.${name}`)}`,
  };
}

/** Sorts of every resource that belongs to a user. */
export const USER_SCOPED_SORTS: Sorts = { user: relatedColumn('user_id', 'user') };

/** Orders by the names of a resource's tags, joined in alphabetical order. */
export function tagNames(resourceType: string): Sort {
  return {
    by: (listed) => sql`(select group_concat(tag.name order by tag.name separator ', ') from tag_resource
      join tag on tag.id = tag_resource.tag_id
      where tag_resource.resource_id = ${columnOf(listed, 'id')} and tag_resource.resource_type = ${resourceType})`,
  };
}
