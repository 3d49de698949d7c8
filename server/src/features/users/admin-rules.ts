import type { Identity } from '../../auth/identity.ts';
import { illegalOperation } from '../../errors.ts';

/**
 * Lets administrators pass; where a control plane decides permissions it does so before.
 * @param action in words, as in `create user`.
 * @throws ApiError IllegalOperationError 403
 */
export function requireAdmin({ user, permissions }: Identity, action: string): void {
  if (!permissions && !user.isAdmin)
    throw illegalOperation(`Only admin users can perform \`${action}\` without RBAC enabled.`);
}
