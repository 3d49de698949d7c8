import { AWS_MANAGER, GCP_MANAGER } from '../../server/src/config/workload-config.ts';
import type { Values } from './values.ts';

/** Clouds by the workload managers that use their identities. */
export const CLOUD_OF_MANAGER = { [AWS_MANAGER]: 'aws', [GCP_MANAGER]: 'gcp' } as const;

/** Binds a service account to one of Google's. AWS' annotation needs no address: its tokens lie in the pod. */
export const GCP_ANNOTATION = 'iam.gke.io/gcp-service-account';

type Cloud = NonNullable<Values['networkPolicy']['cloudIdentity']>;

/** The cloud whose identities pods ask for on their node; the Helm chart computes the same (`zenml.cloud`). */
export function cloudOf(
  { networkPolicy, server, runners }: Pick<Values, 'networkPolicy' | 'server' | 'runners'>,
  environment: Readonly<Record<string, string>>,
): Cloud {
  const managers: Readonly<Record<string, Cloud>> = CLOUD_OF_MANAGER;
  const manager = environment['ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE'] ?? '';
  const annotations = { ...server.serviceAccount.annotations, ...runners.serviceAccountAnnotations };
  return networkPolicy.cloudIdentity ?? managers[manager] ?? (GCP_ANNOTATION in annotations ? 'gcp' : 'none');
}
