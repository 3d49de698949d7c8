import { illegalOperation } from '../../errors.ts';

/**
 * Whether this server's own service accounts and keys may be changed.
 * @param update what would change of one that is there; whether it is active may always be changed
 * @throws ApiError IllegalOperationError 403
 */
export type OwnAccountsRule = (update?: Readonly<Record<string, unknown>>) => void;

/** Under a control plane service accounts are made there (ZenML 0.98.0 service_accounts_endpoints.py). */
export function ownAccountsRule(external: boolean): OwnAccountsRule {
  return (update) => {
    if (!external || (update && changesOnlyActivity(update))) return;
    throw illegalOperation(
      'Workspace-level service accounts and API keys are deprecated in ZenML Pro workspaces. Use ZenML Pro organization ' +
        'service accounts and API keys instead.',
    );
  };
}

/** Whether an update says of an account or key that it is active or not, and nothing else. */
export function changesOnlyActivity(update: Readonly<Record<string, unknown>>): boolean {
  const given = Object.entries(update).filter(([, value]) => value !== null && value !== undefined);
  return given.length === 1 && given[0]?.[0] === 'active';
}
