import { authVariables } from './auth-config.ts';
import { controlPlaneVariables } from './control-plane-config.ts';
import { httpVariables } from './http-config.ts';
import { backupSecretsStoreVariables, secretsStoreVariables } from './secrets-store-config.ts';
import { securityHeadersVariables } from './security-headers-config.ts';
import { serverVariables } from './server-config.ts';
import { storeVariables } from './store-config.ts';
import type { Variable, VariableTable } from './variable.ts';
import { kubernetesVariables, workloadVariables } from './workload-config.ts';
import { logVariables, processVariables } from './workspace-config.ts';

/** The variables of one concern under their heading in the documentation. */
export interface Section {
  readonly title: string;
  readonly variables: VariableTable;
}

/** Every variable that has an effect. */
export const SECTIONS: readonly Section[] = [
  { title: 'Process', variables: processVariables },
  { title: 'Database', variables: storeVariables },
  { title: 'Secrets', variables: secretsStoreVariables },
  { title: 'Backups of secrets', variables: backupSecretsStoreVariables },
  { title: 'Server', variables: serverVariables },
  { title: 'Log-in', variables: authVariables },
  { title: 'Requests', variables: httpVariables },
  { title: 'Security headers', variables: securityHeadersVariables },
  { title: 'Running snapshots', variables: workloadVariables },
  { title: 'Running snapshots on Kubernetes', variables: kubernetesVariables },
  { title: 'Control plane', variables: controlPlaneVariables },
  { title: 'Logs', variables: logVariables },
];

/** The variables of all sections. */
export const ALL_VARIABLES: readonly Variable<unknown>[] = SECTIONS.flatMap(({ variables }) =>
  Object.values(variables),
);
