import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The rules that the documentation asks for, in the namespace of the Jobs; nothing elsewhere. */
export const documentedRules = [
  {
    apiGroups: ['batch'],
    resources: ['jobs'],
    verbs: ['create', 'get', 'list', 'watch', 'delete', 'deletecollection'],
  },
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  { apiGroups: [''], resources: ['events'], verbs: ['list'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['create', 'get', 'delete'] },
];

/** Those that clusters have which were set up for the closed plugins. */
export const smallerRules = [
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'get', 'deletecollection'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
];

/**
 * Makes a namespace for Jobs, the service account `runner` in it, and one for a server that may do exactly what the rules
 * say.
 * @param {import('./cluster.mjs').Cluster} cluster
 * @param {{namespace: string, directory: string, rules?: object[], podSecurity?: 'restricted' | 'baseline' | 'privileged'}} given
 *   `directory` takes the kubeconfig; builders need the Pod Security Standard `baseline`
 * @returns {Promise<string>} path of a kubeconfig of the server's service account
 */
export async function makeWorkloadNamespace(
  cluster,
  { namespace, directory, rules = documentedRules, podSecurity = 'restricted' },
) {
  const named = (name) => ({ name, namespace });
  const labels = { 'pod-security.kubernetes.io/enforce': podSecurity };
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: named('runner') },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: named('server') },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: named('server'), rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: named('server'),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'server' },
      subjects: [{ kind: 'ServiceAccount', ...named('server') }],
    },
  ];
  await cluster.apply(items);
  const token = (await cluster.kubectl('create', 'token', 'server', '--namespace', namespace)).trim();
  const kubeconfig = join(directory, `${namespace}.kubeconfig`);
  writeFileSync(kubeconfig, JSON.stringify(cluster.configurationFor(token)), { mode: 0o600 });
  return kubeconfig;
}
