import type { Identity } from '../../auth/identity.ts';
import type { RateLimiter } from '../../auth/rate-limiter.ts';
import type { Model } from '../../contract/operation-types.ts';
import type { Handlers, RequestContext } from '../../contract/registry.ts';
import type { Database, Transaction } from '../../database/database.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { ApiError, illegalOperation } from '../../errors.ts';
import type { Lister } from '../../listing/lister.ts';
import { depthOf, FULL } from '../../listing/page.ts';
import { type AccountRow, type AccountValues, findAccount, noAccount, updateAccount } from './accounts-store.ts';
import { requireAdmin } from './admin-rules.ts';
import { loadUser, toUserResponse, USER_LIST } from './users-read-model.ts';
import * as service from './users-service.ts';

/** The parts that the operations on users need. */
export interface UsersParts {
  readonly db: Database;
  readonly list: Lister;
  readonly passwordChanges: RateLimiter;
  /** Whether users are kept at a control plane: here they choose nothing but their default project then. */
  readonly external: boolean;
}

type Write = <Answer>(work: (transaction: Transaction) => Promise<Answer>) => Promise<Answer>;

/** The operations on users. */
export function usersOperations({ db, list, passwordChanges, external }: UsersParts) {
  const guardOf =
    ({ clientAddress }: RequestContext): service.PasswordGuard =>
    (check) =>
      passwordChanges.attempt(clientAddress, check);
  const findUser = (nameOrId: string) => findAccount(db, nameOrId, kindOf(nameOrId));
  const write = async (transaction: Write, user: AccountRow, changes: Partial<AccountValues>) => {
    requirePerson(user);
    return transaction(async (tx) => {
      await service.applyUpdate(tx, user, changes);
      return loadUser(tx, user.id, FULL, { showPrivate: false });
    });
  };

  return {
    list_users_api_v1_users_get: (request) => list(USER_LIST, request),

    async create_user_api_v1_users_post({ body, identity, transaction }) {
      requireAdmin(identity, 'create user');
      const secrets = await service.hashForCreation(body);
      return transaction(async (tx) => {
        const { id, activationToken } = await service.createUser(tx, body, secrets);
        return withToken(await loadUser(tx, id, FULL, { showPrivate: false }), activationToken);
      });
    },

    async get_user_api_v1_users__user_name_or_id__get({ path, query, identity }) {
      const user = await findUser(path.user_name_or_id);
      if (!isSelf(identity, user)) requireAdmin(identity, 'get other user');
      return toUserResponse(user, depthOf(query.hydrate));
    },

    async update_user_api_v1_users__user_name_or_id__put({ path, body, identity, context, transaction }) {
      const user = await findUser(path.user_name_or_id);
      const update = external ? { default_project_id: body.default_project_id ?? null } : body;
      return write(transaction, user, await service.planUpdate(identity, user, update, guardOf(context)));
    },

    async activate_user_api_v1_users__user_name_or_id__activate_put({ path, body, transaction }) {
      const user = await findUser(path.user_name_or_id);
      await service.checkActivation(user, path.user_name_or_id, body.activation_token);
      return write(transaction, user, await service.activationChanges(body));
    },

    async deactivate_user_api_v1_users__user_name_or_id__deactivate_put({ path, identity, transaction }) {
      const user = await findUser(path.user_name_or_id);
      if (isSelf(identity, user)) throw illegalOperation('Cannot deactivate yourself.');
      requireAdmin(identity, 'deactivate user');
      requirePerson(user);
      const token = await service.newActivationToken();
      return transaction(async (tx) => {
        await updateAccount(tx, user.id, { active: 0, activation_token: token.hash });
        return withToken(await loadUser(tx, user.id, FULL, { showPrivate: false }), token.text);
      });
    },

    async delete_user_api_v1_users__user_name_or_id__delete({ path, identity, transaction }) {
      const user = await findUser(path.user_name_or_id);
      if (isSelf(identity, user)) {
        throw illegalOperation(
          'You cannot delete the user account currently used to authenticate to the ZenML server. If you wish to delete ' +
            'this account, please authenticate with another account or contact your ZenML administrator.',
        );
      }
      requireAdmin(identity, 'delete user');
      requirePerson(user);
      await transaction((tx) => service.removeUser(tx, user));
      return null;
    },

    async email_opt_in_response_api_v1_users__user_name_or_id__email_opt_in_put({ path, body, identity, transaction }) {
      const changes = service.emailChanges(body);
      const user = await findUser(path.user_name_or_id);
      // By name nobody is themselves, in the reference.
      if (path.user_name_or_id !== identity.user.id) {
        throw new ApiError('AuthorizationException', 'Users can not opt in on behalf of another user.');
      }
      return write(transaction, user, changes);
    },

    get_current_user_api_v1_current_user_get: ({ identity }) =>
      loadUser(db, toDatabaseId(identity.user.id), FULL, { showPrivate: true }),

    async update_myself_api_v1_current_user_put({ body, identity, context, transaction }) {
      const user = await findAccount(db, identity.user.id, 'user');
      const changes = {
        ...service.profileChanges(body),
        ...service.emailChanges(body),
        ...(await service.changePassword(user, body, guardOf(context))),
      };
      return write(transaction, user, changes);
    },
  } satisfies Handlers;
}

/** Service accounts are found by their id, but have operations of their own to be changed with. */
function requirePerson({ id, is_service_account }: AccountRow): void {
  if (is_service_account === 1) throw noAccount(fromDatabaseId(id), 'user');
}

/** By id service accounts are found too, as in the reference. */
function kindOf(nameOrId: string): 'user' | 'any' {
  return /^[0-9a-f-]{32,36}$/i.test(nameOrId) ? 'any' : 'user';
}

function isSelf({ user }: Identity, account: AccountRow): boolean {
  return toDatabaseId(user.id) === account.id;
}

function withToken(user: Model<'UserResponse'>, activationToken: string | null): Model<'UserResponse'> {
  return user.body ? { ...user, body: { ...user.body, activation_token: activationToken } } : user;
}
