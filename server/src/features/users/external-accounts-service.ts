import type { ExternalUser } from '../../auth/external-users.ts';
import type { Transaction } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { updateServiceAccount } from './accounts-service.ts';
import * as store from './accounts-store.ts';
import { applyUpdate } from './users-service.ts';

/**
 * Brings the account of somebody whom the control plane knows up to date, or makes it. An account of the same name that
 * was there before the control plane is taken over, with all that belongs to it.
 * @throws ApiError EntityExistsError 409 for a name that another account has, IllegalOperationError 403 for the last administrator
 */
export async function keepExternalAccount(transaction: Transaction, user: ExternalUser): Promise<store.AccountRow> {
  const kind = user.is_service_account ? 'service' : 'user';
  const known = await store.findExternalAccount(transaction, toDatabaseId(user.id), user.username, kind);
  const values = user.is_service_account ? robotValues(user) : personValues(user);
  if (known && !differs(known, values)) return known;
  const id = known ? await update(transaction, known, values) : await store.insertAccount(transaction, forNew(values));
  return store.getAccount(transaction, id);
}

async function update(transaction: Transaction, known: store.AccountRow, values: ExternalValues): Promise<string> {
  if (known.is_service_account === 1) await updateServiceAccount(transaction, known.id, values);
  else await applyUpdate(transaction, known, values);
  return known.id;
}

function forNew(values: ExternalValues): store.AccountValues {
  if (values.is_service_account === 0) return values;
  return { ...values, description: '', is_admin: 0, email_opted_in: 0 };
}

type ExternalValues = ReturnType<typeof personValues> | ReturnType<typeof robotValues>;

/** The columns that the control plane decides of a person. */
function personValues(user: ExternalUser) {
  return {
    name: user.username,
    full_name: user.name || '',
    email: user.email ?? null,
    email_opted_in: 1,
    active: 1,
    is_admin: Number(user.is_superuser),
    is_service_account: 0 as const,
    avatar_url: user.avatar_url ?? null,
    external_user_id: toDatabaseId(user.id),
    oidc_claims: user.oidc_claims ? JSON.stringify(user.oidc_claims) : null,
  };
}

/** The columns that it decides of a service account; a picture, once it is there, stays. */
function robotValues(user: ExternalUser) {
  return {
    name: user.username,
    full_name: user.name || '',
    active: 1,
    is_service_account: 1 as const,
    external_user_id: toDatabaseId(user.id),
    ...(user.avatar_url != null && { avatar_url: user.avatar_url }),
  };
}

function differs(account: store.AccountRow, values: ExternalValues): boolean {
  const stored = { ...account, oidc_claims: canonical(account.oidc_claims) };
  const wanted = 'oidc_claims' in values ? { ...values, oidc_claims: canonical(values.oidc_claims) } : values;
  return Object.entries(wanted).some(([column, value]) => stored[column as keyof store.AccountRow] !== value);
}

/** JSON as this server writes it, whoever wrote it; the reference stores JSON's null for none. */
function canonical(json: string | null): string | null {
  return json === null || json === 'null' ? null : JSON.stringify(JSON.parse(json));
}
