import { randomBytes } from 'node:crypto';
import type { Identity } from '../../auth/identity.ts';
import { hashPassword, verifyPassword } from '../../auth/passwords.ts';
import { invalidBody } from '../../contract/issues.ts';
import type { BodyOf } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { toDatabaseId, toNullableId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { credentialsNotValid, entityExists, illegalOperation } from '../../errors.ts';
import { findProject } from '../projects/projects-read-model.ts';
import * as store from './accounts-store.ts';
import { requireAdmin } from './admin-rules.ts';

type UserRequest = BodyOf<'create_user_api_v1_users_post'>;
type UserUpdate = BodyOf<'update_user_api_v1_users__user_name_or_id__put'>;

/** A user with the activation token that was made for it; only its hash is stored. */
export interface WithActivationToken {
  readonly id: string;
  readonly activationToken: string | null;
}

/** Checks a password, as often as its client may try. @throws HttpError 429 */
export type PasswordGuard = (check: () => Promise<void>) => Promise<void>;

/** What hashing needs of a request; done before the transaction, because it takes tenths of a second. */
export interface HashedSecrets {
  readonly password: string | null;
  readonly activationToken: { readonly text: string; readonly hash: string } | null;
}

/** Hashes a new user's password, or makes an activation token where there is none. */
export async function hashForCreation({ password }: UserRequest): Promise<HashedSecrets> {
  if (password != null) return { password: await hashPassword(password), activationToken: null };
  return { password: null, activationToken: await newActivationToken() };
}

/** Makes a token with which a user can set a password. */
export async function newActivationToken(): Promise<{ text: string; hash: string }> {
  const text = randomBytes(32).toString('hex');
  return { text, hash: await hashPassword(text) };
}

/** Creates a user: active with a password, and otherwise to be activated. @throws ApiError EntityExistsError 409 */
export async function createUser(
  transaction: Transaction,
  request: UserRequest,
  secrets: HashedSecrets,
): Promise<WithActivationToken> {
  const id = await uniqueName(`create user with name '${request.name}'`, async () => {
    if (await store.findOptionalAccount(transaction, request.name, 'user')) return undefined;
    return store.insertAccount(transaction, {
      name: request.name,
      full_name: request.full_name,
      avatar_url: request.avatar_url ?? null,
      active: secrets.password === null ? 0 : 1,
      password: secrets.password,
      // An empty password counts as none that was set.
      password_changed_at: request.password ? now() : null,
      activation_token: secrets.activationToken?.hash ?? null,
      external_user_id: toNullableId(request.external_user_id),
      email: request.email ?? null,
      email_opted_in: flag(request.email_opted_in),
      is_service_account: 0,
      is_admin: request.is_admin ? 1 : 0,
      user_metadata: request.user_metadata ? JSON.stringify(request.user_metadata) : null,
      oidc_claims: request.oidc_claims ? JSON.stringify(request.oidc_claims) : null,
    });
  });
  return { id, activationToken: secrets.activationToken?.text ?? null };
}

/** Checks what the caller may change of a user, and gives the columns (ZenML 0.98.0 users_endpoints.py update_user). */
export async function planUpdate(
  identity: Identity,
  user: store.AccountRow,
  update: UserUpdate,
  guard: PasswordGuard,
): Promise<Partial<store.AccountValues>> {
  const own = toDatabaseId(identity.user.id) === user.id;
  // Checked, but not changed: ZenML 0.98.0 drops the address here, and takes it at `/current-user` only.
  emailChanges(update);
  if (!own) requireAdmin(identity, 'update other user account');
  return {
    ...profileChanges(update),
    ...(await passwordChange(own, user, update, guard)),
    ...statusChanges(identity, own, user, update),
    ...(own ? {} : refusePrivateChanges(update)),
  };
}

/** The columns that anyone may change who may change the user at all. */
export function profileChanges(update: UserUpdate): Partial<store.AccountValues> {
  return {
    ...(update.name != null && { name: update.name }),
    ...(update.full_name != null && { full_name: update.full_name }),
    ...(update.avatar_url !== undefined && { avatar_url: update.avatar_url }),
    ...(update.user_metadata != null && { user_metadata: JSON.stringify(update.user_metadata) }),
    ...(update.default_project_id !== undefined && { default_project_id: toNullableId(update.default_project_id) }),
  };
}

/**
 * The e-mail address and whether it may be written to: who gives one and says nothing else agrees.
 * @throws RequestValidationError 422 for an agreement without an address
 */
export function emailChanges({ email, email_opted_in: given }: UserUpdate): Partial<store.AccountValues> {
  const optedIn = email != null && given == null ? true : given;
  if (optedIn === true && email == null) {
    throw invalidBody('Please provide an email, when you are opting-in with your email.');
  }
  return {
    ...(email !== undefined && { email }),
    ...(optedIn !== undefined && { email_opted_in: flag(optedIn) }),
  };
}

async function passwordChange(
  own: boolean,
  user: store.AccountRow,
  update: UserUpdate,
  guard: PasswordGuard,
): Promise<Partial<store.AccountValues>> {
  if (update.password == null) return {};
  if (!own) {
    throw illegalOperation(
      'Users cannot change the password of other users. Use the account deactivation and activation flow instead.',
    );
  }
  return changePassword(user, update, guard);
}

/** Changes a user's own password. @throws ApiError IllegalOperationError 403 without the current one */
export async function changePassword(
  user: store.AccountRow,
  { password, old_password }: UserUpdate,
  guard: PasswordGuard,
): Promise<Partial<store.AccountValues>> {
  if (password == null) return {};
  if (old_password == null) {
    throw illegalOperation('The current password must be supplied when changing the password.');
  }
  await guard(async () => {
    if (!(await verifyPassword(old_password, user.password))) {
      throw illegalOperation('The current password is incorrect.');
    }
  });
  return { password: await hashPassword(password), password_changed_at: now() };
}

function statusChanges(
  { user: caller }: Identity,
  own: boolean,
  user: store.AccountRow,
  update: UserUpdate,
): Partial<store.AccountValues> {
  const changed = (value: boolean | null | undefined, stored: number) => value != null && value !== (stored === 1);
  const check = (what: string) => {
    if (own) throw illegalOperation(`Cannot change the ${what} status of your own user account.`);
    if (caller.isAdmin) return;
    throw illegalOperation(`Only admins are allowed to change the ${what} status of other user accounts.`);
  };
  if (changed(update.is_admin, user.is_admin)) check('admin');
  if (changed(update.active, user.active)) check('active');
  return {
    ...(update.is_admin != null && { is_admin: update.is_admin ? 1 : 0 }),
    ...(update.active != null && { active: update.active ? 1 : 0 }),
  };
}

function refusePrivateChanges({ email, email_opted_in }: UserUpdate): Record<string, never> {
  if (email == null && email_opted_in == null) return {};
  throw illegalOperation('Cannot change the private user account information for another user account.');
}

/** Applies planned changes. @throws ApiError 403 for the last administrator, 404 for a project, 409 for a name that is taken */
export async function applyUpdate(
  transaction: Transaction,
  user: store.AccountRow,
  changes: Partial<store.AccountValues>,
): Promise<void> {
  if (user.is_admin === 1 && changes.is_admin === 0 && (await store.lockAdmins(transaction)) === 1) {
    throw illegalOperation(
      'There has to be at least one admin account configured on your system at all times. This is the only admin ' +
        'account and therefore it cannot be demoted to a regular user account.',
    );
  }
  if (changes.default_project_id != null) await findProject(transaction, changes.default_project_id);
  const { name = user.name } = changes;
  await uniqueName(`update user account with name '${name}'`, async () => {
    if (name !== user.name && (await store.findOptionalAccount(transaction, name, 'user'))) return undefined;
    await store.updateAccount(transaction, user.id, changes);
    return true;
  });
}

/** Checks the token that a user was given to activate the account. @throws ApiError CredentialsNotValid 401 */
export async function checkActivation(
  user: store.AccountRow,
  nameOrId: string,
  token: string | null | undefined,
): Promise<void> {
  if (token == null) throw credentialsNotValid('Authentication error: no credentials provided');
  if (await verifyPassword(token, user.activation_token)) return;
  throw credentialsNotValid(`Authentication error: invalid activation token for user ${nameOrId}`);
}

/** What an activation changes: the user is active, has the password of the request, and the token is spent. */
export async function activationChanges(update: UserUpdate): Promise<Partial<store.AccountValues>> {
  const password =
    update.password == null ? {} : { password: await hashPassword(update.password), password_changed_at: now() };
  return { ...profileChanges(update), ...emailChanges(update), ...password, active: 1, activation_token: null };
}

/** Deletes a user who owns nothing. @throws ApiError IllegalOperationError 403 */
export async function removeUser(transaction: Transaction, user: store.AccountRow): Promise<void> {
  if (user.is_admin === 1 && (await store.lockAdmins(transaction)) === 1) {
    throw illegalOperation(
      'There has to be at least one admin account configured on your system. This is the only admin account and ' +
        'therefore it cannot be deleted.',
    );
  }
  if (await store.ownsResources(transaction, user.id)) {
    throw illegalOperation(
      'The user account has already been used to create other resources that it now owns and therefore cannot be ' +
        'deleted. Please delete all resources owned by the user account or consider deactivating it instead.',
    );
  }
  await store.deleteAccount(transaction, user.id);
}

async function uniqueName<T>(operation: string, write: () => Promise<T | undefined>): Promise<T> {
  const taken = () => entityExists(`Unable to ${operation}: Found an existing user account with this name.`);
  try {
    const result = await write();
    if (result === undefined) throw taken();
    return result;
  } catch (error) {
    throw isDuplicateKey(error) ? taken() : error;
  }
}

function flag(value: boolean | null | undefined): number | null {
  return value == null ? null : Number(value);
}
