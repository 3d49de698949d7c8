import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Identity } from '../../auth/identity.ts';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { UserTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId, toDatabaseId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import type { Condition } from '../../listing/comparisons.ts';
import { BASE_FIELDS, boolean, text, uuid } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { rawJsonOr } from '../../raw-json.ts';

type UserRow = Selectable<UserTable>;

/** Loads users by database id; see `Loader`. */
export async function loadUsers(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, Model<'UserResponse'>>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('user').selectAll().where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, toUserResponse(row, depth)]));
}

/** Loads the owners of rows that belong to users, as they are shown within another answer. */
export async function loadOwners(
  connection: Connection,
  rows: readonly { user_id: string | null }[],
): Promise<Map<string, Model<'UserResponse'>>> {
  const ids = new Set(rows.flatMap((row) => row.user_id ?? []));
  return loadUsers(connection, [...ids], { metadata: false, resources: false });
}

/** What the body of a user shows. */
export const USER_BODY_COLUMNS = [
  'id',
  'created',
  'updated',
  'name',
  'active',
  'full_name',
  'email_opted_in',
  'is_service_account',
  'is_admin',
  'default_project_id',
  'avatar_url',
] as const;

/** A row of {@link USER_BODY_COLUMNS}. */
export type UserBodyRow = Pick<UserRow, (typeof USER_BODY_COLUMNS)[number]>;

/**
 * A user as others see them.
 * @param showPrivate adds what only the user and admins may see: e-mail address and time of the last password change.
 */
export function toUserResponse(row: UserRow, depth: Depth, showPrivate = false): Model<'UserResponse'> {
  return { ...toNestedUser(row), metadata: depth.metadata ? userMetadata(row, showPrivate) : null };
}

/** A user as they are shown within another answer. */
export function toNestedUser(row: UserBodyRow): Model<'UserResponse'> {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      active: row.active === 1,
      activation_token: null,
      full_name: row.full_name,
      email_opted_in: row.email_opted_in === null ? null : row.email_opted_in === 1,
      is_service_account: row.is_service_account === 1,
      is_admin: row.is_admin === 1,
      default_project_id: fromNullableId(row.default_project_id),
      avatar_url: row.avatar_url,
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
    name: row.name,
  };
}

function userMetadata(row: UserRow, showPrivate: boolean): Model<'UserResponseMetadata'> {
  return {
    password_changed_at: showPrivate && row.password_changed_at ? toApiInstant(row.password_changed_at) : null,
    email: showPrivate ? row.email : null,
    external_user_id: fromNullableId(row.external_user_id),
    user_metadata: rawJsonOr(row.user_metadata, {}),
    // The reference stores JSON's null where there are none.
    oidc_claims: rawJsonOr(row.oidc_claims === 'null' ? null : row.oidc_claims, {}),
  };
}

/** Loads one user by database id. @throws Error where the caller's own row is gone */
export async function loadUser(
  connection: Connection,
  id: string,
  depth: Depth,
  { showPrivate }: { showPrivate: boolean },
): Promise<Model<'UserResponse'>> {
  const row = await connection.selectFrom('user').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  return toUserResponse(row, depth, showPrivate);
}

/** Users who are no administrators see themselves only, unless a control plane decides what they see. */
function visibleTo({ user, permissions }: Identity): readonly Condition[] {
  const people = sql<SqlBool>`user.is_service_account = 0`;
  return user.isAdmin || permissions ? [people] : [people, sql<SqlBool>`user.id = ${toDatabaseId(user.id)}`];
}

/** How users are listed. */
export const USER_LIST: ListDefinition<Model<'UserResponse'>> = {
  table: 'user',
  fields: {
    ...BASE_FIELDS,
    name: text('name'),
    full_name: text('full_name'),
    email: text('email'),
    active: boolean('active'),
    email_opted_in: boolean('email_opted_in'),
    external_user_id: uuid('external_user_id'),
  },
  projectScoped: false,
  load: loadUsers,
  visibleTo,
};
