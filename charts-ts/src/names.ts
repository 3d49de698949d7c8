/** Name of the server's objects, and of its port. */
export const SERVER = 'zenml-workspace-server';

/** The PriorityClass of an installation: it has no namespace, and another installation must not lose it with this one. */
export function priorityClassOf(namespace: string): string {
  return `${SERVER}-${namespace}`;
}

/** What the names of the variables of a workload manager begin with. */
export const WORKLOADS = 'ZENML_KUBERNETES_WORKLOAD_MANAGER_';

/** Port of API and dashboard in the pod, and of metrics. */
export const PORTS = { http: 8080, metrics: 9090 } as const;

/** Labels that select the server's pods. They can't change on a Deployment that exists. */
export const SELECTOR = { 'app.kubernetes.io/name': SERVER } as const;

/** Name of the Job that migrates the database. */
export const MIGRATION = `${SERVER}-migration`;

/** Labels of that Job, whose pods must not be taken for the server's. */
export const MIGRATION_LABELS = { 'app.kubernetes.io/name': MIGRATION, 'app.kubernetes.io/part-of': 'zenml' } as const;

/** Labels of every object. */
export const LABELS = { ...SELECTOR, 'app.kubernetes.io/part-of': 'zenml' } as const;
