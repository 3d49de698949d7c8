import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, isUuid, toDatabaseId } from '../../database/ids.ts';
import { keyError } from '../../errors.ts';

/**
 * Finds a secret that a user (database id) may use, by its name or its id.
 * @returns its id in API form.
 * @throws ApiError KeyError 404
 */
export async function findUsableSecret(connection: Connection, nameOrId: string, userId: string): Promise<string> {
  const byId = isUuid(nameOrId);
  const secrets = await connection
    .selectFrom('secret')
    .select(['id', 'private', 'internal', 'user_id'])
    .where(byId ? 'id' : 'name', '=', byId ? toDatabaseId(nameOrId) : nameOrId)
    // Users may give their private secrets the names of public ones: one's own comes first.
    .orderBy('private', 'desc')
    .execute();
  if (secrets.length === 0) {
    const reason = byId
      ? 'No secret with this ID found.'
      : `'${nameOrId}' is not a valid  UUID and no secret with this name exists.`;
    throw keyError(`Unable to get secret with name or ID '${nameOrId}': ${reason}`);
  }
  const usable = secrets.find((secret) => secret.internal === 0 && (secret.private === 0 || secret.user_id === userId));
  if (usable) return fromDatabaseId(usable.id);
  throw keyError(`Secret with name or ID ${nameOrId} not found or is private and not owned by the current user.`);
}

/** The database id of the public secret of a name. */
export async function findPublicSecret(connection: Connection, name: string): Promise<string | undefined> {
  const secret = await connection
    .selectFrom('secret')
    .select('id')
    .where('name', '=', name)
    .where('private', '=', 0)
    .where('internal', '=', 0)
    .executeTakeFirst();
  return secret?.id;
}
