import type { Cluster } from './cluster.ts';
import { findsNoRole } from './doubt.ts';
import { ROLE_RULES } from './role.ts';

/** Something that the server's role may allow in the namespace of the Jobs. */
export interface Permission {
  /** Empty for the core group. */
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  readonly verb: string;
  /** What is lost without it; where nothing works without it, none. */
  readonly without: string | undefined;
}

const POLLING = 'Jobs and pods are listed every 5 s instead of being watched';
const NO_SECRETS = 'the tokens of runners are readable in their pods’ description';
const NOTHING = 'nothing is lost, but the documented role has it';

/** What is lost without them. The others are in the older, smaller role too, and are indispensable. */
const LOSSES: Readonly<Record<string, string>> = {
  'list jobs': POLLING,
  'watch jobs': POLLING,
  'watch pods': POLLING,
  'list events': 'a run whose pod cannot be made does not say why',
  // One that a try before has left is read, and makes room where it is another Job's.
  'create secrets': NO_SECRETS,
  'get secrets': NO_SECRETS,
  'delete secrets': NO_SECRETS,
  'delete jobs': NOTHING,
  'get pods': NOTHING,
};

/** The rules of the documented role, one by one. */
export const PERMISSIONS: readonly Permission[] = ROLE_RULES.flatMap(({ apiGroups, resources, verbs }) =>
  apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.map((verb) => ({ group, resource, verb, without: LOSSES[`${verb} ${resource}`] })),
    ),
  ),
);

/** Permissions that the server does not have. */
export interface Lacking {
  readonly missing: readonly Permission[];
  /** Those of which the cluster cannot say it, and why. */
  readonly unknown: readonly Permission[];
  readonly reason: string | undefined;
}

/** Which of these permissions the server lacks in a namespace. */
export async function findLacking(
  cluster: Cluster,
  namespace: string,
  permissions: readonly Permission[],
): Promise<Lacking> {
  const reviews = await Promise.all(permissions.map((permission) => review(cluster, namespace, permission)));
  const denied = reviews.filter(({ allowed }) => !allowed);
  const unknown = denied.filter(({ whyUnknown }) => whyUnknown !== undefined);
  return {
    missing: denied.filter((one) => !unknown.includes(one)).map(({ permission }) => permission),
    unknown: unknown.map(({ permission }) => permission),
    reason: unknown[0]?.whyUnknown,
  };
}

/** Asks the cluster whether the server may. Everyone may ask. */
async function review({ authorization }: Cluster, namespace: string, permission: Permission) {
  const { group, resource, verb } = permission;
  const [name, subresource] = resource.split('/');
  const { status } = await authorization.createSelfSubjectAccessReview({
    body: {
      spec: {
        resourceAttributes: {
          namespace,
          group,
          verb,
          ...(name !== undefined && { resource: name }),
          ...(subresource !== undefined && { subresource }),
        },
      },
    },
  });
  const { allowed = false, evaluationError, reason = '' } = status ?? {};
  return { permission, allowed, whyUnknown: evaluationError ?? (findsNoRole(reason) ? reason : undefined) };
}

/** The Role that grants everything that the server can use. */
export function roleManifest(namespace: string): string {
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: Role',
    `metadata: {name: zenml-workspace-server, namespace: ${namespace}}`,
    'rules:',
    ...ROLE_RULES.map(
      ({ apiGroups: [group], resources, verbs }) =>
        `- {apiGroups: [${group || '""'}], resources: [${resources}], verbs: [${verbs.join(', ')}]}`,
    ),
  ].join('\n');
}
