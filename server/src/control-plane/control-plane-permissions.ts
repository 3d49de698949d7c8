import { z } from 'zod';
import type { PermissionHolder, Permissions } from '../auth/permissions.ts';
import { ApiError, illegalOperation } from '../errors.ts';
import type { AskControlPlane } from './control-plane-client.ts';

const CHECKED = z.record(z.string(), z.boolean());
const ALLOWED = z.object({ full_access: z.boolean(), ids: z.array(z.string()) });

/** Permissions as a control plane decides them (ZenML 0.98.0 zen_server/rbac/zenml_cloud_rbac.py). */
export function createControlPlanePermissions(ask: AskControlPlane): Permissions {
  return {
    async check(user, resources, action) {
      if (resources.length === 0) return new Map();
      if (isOwnServiceAccount(user)) return new Map(resources.map((resource) => [resource, true]));
      const params = { user_id: externalIdOf(user), action };
      const answer = await ask('POST', '/rbac/check_permissions', { params, body: resources });
      return new Map(Object.entries(read(CHECKED, answer)));
    },
    async allowedIds(user, resource, action) {
      if (isOwnServiceAccount(user)) return 'all';
      const params = { user_id: externalIdOf(user), resource, action };
      const answer = read(ALLOWED, await ask('GET', '/rbac/allowed_resource_ids', { params }));
      return answer.full_access ? 'all' : answer.ids;
    },
    async share(user, resource, actions, { userId, teamId }) {
      const body = { user_id: userId, team_id: teamId, sharing_user_id: externalIdOf(user), resource, actions };
      await ask('POST', '/rbac/resource_members', { body });
    },
    async forget(resources) {
      if (resources.length > 0) await ask('DELETE', '/rbac/resources', { params: { resources } });
    },
  };
}

/** The control plane knows nothing of accounts that were made here: as in the reference, their keys open everything. */
function isOwnServiceAccount(user: PermissionHolder): boolean {
  return user.isServiceAccount && user.externalId === undefined;
}

function externalIdOf({ name, externalId }: PermissionHolder): string {
  if (externalId !== undefined) return externalId;
  throw illegalOperation(`The control plane, which decides permissions, does not know the account '${name}'.`);
}

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new ApiError('RuntimeError', 'The control plane gave an answer on permissions that is not understood.');
}
