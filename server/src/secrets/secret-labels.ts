import { fromDatabaseId } from '../database/ids.ts';

/**
 * What a backend's secrets are marked with (ZenML 0.98.0 base_secrets_store.py), so that several servers can share it.
 * @param serverId API form
 * @param secretId database form
 */
export function labelsOf(serverId: string, secretId: string) {
  return { zenml: serverId, zenml_secret_id: fromDatabaseId(secretId) };
}

/** Whether a backend's secret is the one of a secret of this server; any other counts as missing. */
export function isManagedBy(
  serverId: string,
  secretId: string,
  labels: Readonly<Record<string, string | undefined>>,
): boolean {
  const wanted = labelsOf(serverId, secretId);
  return labels['zenml'] === wanted.zenml && labels['zenml_secret_id'] === wanted.zenml_secret_id;
}
