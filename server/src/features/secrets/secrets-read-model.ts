import { type SqlBool, sql } from 'kysely';
import type { Identity } from '../../auth/identity.ts';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import type { Condition } from '../../listing/comparisons.ts';
import { BASE_FIELDS, boolean, text, USER_SCOPED_FIELDS } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import type { SecretValues } from '../../secrets/secrets-store.ts';
import { loadOwners } from '../users/users-read-model.ts';

type SecretResponse = Model<'SecretResponse'>;

/** Loads secrets by database id, without their values; see `Loader`. */
export async function loadSecrets(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, SecretResponse>> {
  const rows = await connection
    .selectFrom('secret')
    .select(['id', 'created', 'updated', 'name', 'private', 'user_id'])
    .where('id', 'in', ids)
    .where('internal', '=', 0)
    .execute();
  const owners = depth.resources ? await loadOwners(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        body: {
          created: toApiInstant(row.created),
          updated: toApiInstant(row.updated),
          user_id: fromDatabaseId(row.user_id),
          private: row.private === 1,
          values: {},
        },
        metadata: depth.metadata ? {} : null,
        resources: owners ? { user: owners.get(row.user_id) ?? null } : null,
        id: fromDatabaseId(row.id),
        permission_denied: false,
        name: row.name,
      },
    ]),
  );
}

/** A secret with its values. */
export function withValues(secret: SecretResponse, values: SecretValues): SecretResponse {
  return secret.body ? { ...secret, body: { ...secret.body, values: { ...values } } } : secret;
}

/** A user sees what is public and their own; what the server keeps for itself nobody sees. */
function visibleTo({ user }: Identity): readonly Condition[] {
  return [sql<SqlBool>`secret.internal = 0 and (secret.private = 0 or secret.user_id = ${toDatabaseId(user.id)})`];
}

/** How secrets are listed. */
export const SECRET_LIST: ListDefinition<SecretResponse> = {
  table: 'secret',
  fields: { ...BASE_FIELDS, user: USER_SCOPED_FIELDS.user, name: text('name'), private: boolean('private') },
  sorts: USER_SCOPED_SORTS,
  projectScoped: false,
  load: loadSecrets,
  visibleTo,
};
