import type { Cluster } from './cluster.ts';
import { ROLE_RULES } from './role.ts';

/** Something that the server's role may allow in the namespace of the Jobs. */
export interface Permission {
  readonly group: '' | 'batch';
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  readonly verb: string;
  /** What is lost without it; where nothing works without it, none. */
  readonly without?: string;
}

const POLLING = 'Jobs and pods are listed every 5 s instead of being watched';
const NO_SECRETS = 'the tokens of runners are readable in their pods’ description';

/** The rules of the documented role. Those without a loss are in the older, smaller role too, and are indispensable. */
export const PERMISSIONS: readonly Permission[] = [
  { group: 'batch', resource: 'jobs', verb: 'create' },
  { group: 'batch', resource: 'jobs', verb: 'get' },
  { group: 'batch', resource: 'jobs', verb: 'deletecollection' },
  { group: 'batch', resource: 'jobs', verb: 'list', without: POLLING },
  { group: 'batch', resource: 'jobs', verb: 'watch', without: POLLING },
  { group: '', resource: 'pods', verb: 'list' },
  { group: '', resource: 'pods', verb: 'watch', without: POLLING },
  { group: '', resource: 'pods/log', verb: 'get' },
  { group: '', resource: 'events', verb: 'list', without: 'a run whose pod cannot be made does not say why' },
  { group: '', resource: 'secrets', verb: 'create', without: NO_SECRETS },
];

/** Which of these permissions the server lacks in a namespace. */
export async function findMissing(
  cluster: Cluster,
  namespace: string,
  permissions: readonly Permission[],
): Promise<readonly Permission[]> {
  const allowed = await Promise.all(permissions.map((permission) => isAllowed(cluster, namespace, permission)));
  return permissions.filter((_permission, index) => !allowed[index]);
}

/**
 * Asks the cluster whether the server may. Everyone may ask.
 * @throws where the cluster does not know yet: it has just started
 */
export async function isAllowed(
  { authorization }: Cluster,
  namespace: string,
  { group, resource, verb }: Permission,
): Promise<boolean> {
  const [name, subresource] = resource.split('/');
  const review = await authorization.createSelfSubjectAccessReview({
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
  const { allowed = false, evaluationError } = review.status ?? {};
  if (!allowed && evaluationError !== undefined) {
    throw new Error(`The cluster cannot say whether the server may ${verb} ${resource}: ${evaluationError}`);
  }
  return allowed;
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
