import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { FULL } from '../../listing/page.ts';
import { loadUser } from './users-read-model.ts';

/** The parts that the operations on users need. */
export interface UsersParts {
  readonly db: Database;
}

/** The operations on users. */
export function usersOperations({ db }: UsersParts) {
  return {
    get_current_user_api_v1_current_user_get: ({ identity }) =>
      loadUser(db, toDatabaseId(identity.user.id), FULL, { showPrivate: true }),
  } satisfies Handlers;
}
