import { type SqlBool, sql } from 'kysely';
import type { Schema } from '../database/generated/schema.gen.ts';
import {
  type Comparator,
  type Condition,
  compareBoolean,
  compareInstant,
  compareInteger,
  compareJsonText,
  compareText,
  compareUuid,
  type Operand,
} from './comparisons.ts';
import { filterError, parseComparison } from './operators.ts';

/** A field of a resource that a list can be filtered by. */
export interface Field {
  /** Turns one value of the query into a condition on the listed table; `undefined` asks for nothing. Throws 422. */
  condition(value: string, table: string): Condition | undefined;
  /** The column to sort by, where the field can be sorted by. */
  readonly column?: string;
  /** Combined with AND even where `logical_operator` is `or`. */
  readonly always?: boolean;
  /** Of several values one is enough, where others must all hold. */
  readonly either?: boolean;
}

/** The fields of a resource by their name in a query. */
export type Fields = Readonly<Record<string, Field>>;

function columnField(column: string, compare: Comparator): Field {
  return { column, condition: (value, table) => compare(value)(columnOf(table, column)) };
}

/** A column of a table, quoted. */
export function columnOf(table: string, column: string): Operand {
  return sql`${sql.ref(`${table}.${column}`)}`;
}

/** Text; also enumerations, which the reference compares as text. */
export const text = (column: string): Field => columnField(column, compareText);
/** An id. */
export const uuid = (column: string): Field => columnField(column, compareUuid);
/** A whole number. */
export const integer = (column: string): Field => columnField(column, compareInteger);
/** A flag. */
export const boolean = (column: string): Field => columnField(column, compareBoolean);
/** A point in time. */
export const instant = (column: string): Field => columnField(column, compareInstant);

/** A filter with a condition of its own; see {@link Field}. */
export function custom(condition: Field['condition'], options: Pick<Field, 'always' | 'either'> = {}): Field {
  return { condition, ...options };
}

/** A flag that narrows the list where it is true. False asks for nothing, also among conditions combined with OR. */
export function flag(condition: (table: string) => Condition): Field {
  return { condition: (value, table) => (value === 'true' ? condition(table) : undefined) };
}

/** Where a related row is found: `column` of the listed table holds the `id` of `table`. */
export interface Relation {
  readonly column: string;
  readonly table: keyof Schema;
  /** Columns searched besides id and name. */
  readonly also?: readonly string[];
}

/** A related row by name or id, as in `user=alice`: any comparison on its id, its name or a further column. */
export function nameOrId({ column, table, also = [] }: Relation, options: { always?: boolean } = {}): Field {
  return custom((value, listed) => {
    const condition = nameOrIdCondition(value, table, also);
    return sql`${columnOf(listed, column)} in (select id from ${sql.table(table)} where ${condition})`;
  }, options);
}

/** `id`, `name` or one of further columns of a table fits a comparison. */
export function nameOrIdCondition(value: string, table: string, also: readonly string[] = []): Condition {
  const byText = ['name', ...also].map((name) => compareText(value)(columnOf(table, name)));
  return sql`(${sql.join([compareUuid(value)(columnOf(table, 'id')), ...byText], sql` or `)})`;
}

/** A column of a related row, compared as `compare` does. */
export function related({ column, table }: Relation, name: string, compare: Comparator = compareText): Field {
  return custom((value, listed) => {
    const condition = compare(value)(columnOf(table, name));
    return sql`${columnOf(listed, column)} in (select id from ${sql.table(table)} where ${condition})`;
  });
}

/** Tags by name; `isnull:` finds what has none. ZenML 0.98.0 looks at the resource's id only, not at its type. */
export const tags: Field = custom((value, listed) => {
  const { operator } = parseComparison(value);
  const links = sql`select 1 from tag_resource where tag_resource.resource_id = ${columnOf(listed, 'id')}`;
  if (operator === 'isnull') return sql<SqlBool>`not exists (${links})`;
  if (operator === 'isnotnull') return sql<SqlBool>`exists (${links})`;
  const condition = compareText(value)(columnOf('tag', 'name'));
  return sql<SqlBool>`exists (${links} and tag_resource.tag_id in (select id from tag where ${condition}))`;
});

/** What `run_metadata` entries can be attached to. */
export type MetadataResourceType =
  | 'pipeline_run'
  | 'step_run'
  | 'artifact_version'
  | 'model_version'
  | 'schedule'
  | 'wait_condition';

/** Run metadata as `key:value` or `key:operator:value`. */
export function runMetadata(type: MetadataResourceType): Field {
  return custom((entry, listed) => {
    const colon = entry.indexOf(':');
    if (colon < 0) {
      throw filterError(
        `Invalid run_metadata entry format: '${entry}'. It must be 'key:value' or 'key:operator:value'.`,
      );
    }
    const key = compareText(entry.slice(0, colon))(columnOf('run_metadata', 'key'));
    const value = compareJsonText(entry.slice(colon + 1))(columnOf('run_metadata', 'value'));
    return sql<SqlBool>`exists (
      select 1 from run_metadata_resource
      join run_metadata on run_metadata.id = run_metadata_resource.run_metadata_id
      where run_metadata_resource.resource_id = ${columnOf(listed, 'id')}
        and run_metadata_resource.resource_type = ${type} and ${key} and ${value})`;
  });
}

/** What every resource has. */
export const BASE_FIELDS = { id: uuid('id'), created: instant('created'), updated: instant('updated') };

const OWNER: Relation = { column: 'user_id', table: 'user', also: ['full_name'] };

/** What every resource has that belongs to a user. */
export const USER_SCOPED_FIELDS = {
  ...BASE_FIELDS,
  user: nameOrId(OWNER),
  scope_user: { ...uuid('user_id'), column: undefined, always: true },
};
