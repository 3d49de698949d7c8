import type { FindExternalUser } from '../../auth/external-users.ts';
import { toIdentity } from '../../auth/identities.ts';
import type { Identity } from '../../auth/identity.ts';
import type { Database } from '../../database/database.ts';
import { inTransaction, isDuplicateKey } from '../../database/transaction.ts';
import type { Onboarding } from '../server/onboarding.ts';
import { keepExternalAccount } from '../users/external-accounts-service.ts';

/** The parts that log-in by a control plane needs. */
export interface ExternalLoginParts {
  readonly db: Database;
  readonly findExternalUser: FindExternalUser;
  readonly onboarding: Onboarding;
}

/**
 * Finds out whom a token of the control plane stands for, whose account is made or brought up to date on the way.
 * @param byCommandLine whether ZenML's command line logs in, which is a step of the onboarding
 */
export type AuthenticateExternal = (token: string, byCommandLine?: boolean) => Promise<Identity>;

/** Makes log-in by a control plane. The control plane is asked outside of any transaction. */
export function createExternalLogin(parts: ExternalLoginParts): AuthenticateExternal {
  const { db, findExternalUser, onboarding } = parts;
  return async (token, byCommandLine = false) => {
    const user = await findExternalUser(token);
    const keep = () =>
      inTransaction(db, async (transaction) => {
        const kept = await keepExternalAccount(transaction, user);
        if (byCommandLine) await onboarding.complete(transaction, ['device_verified']);
        return kept;
      });
    const account = await keep().catch((error: unknown) => {
      // Two first log-ins at once: the second one finds what the first one has made.
      if (isDuplicateKey(error)) return keep();
      throw error;
    });
    return toIdentity(account);
  };
}
