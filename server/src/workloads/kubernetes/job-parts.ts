import type { V1JobSpec, V1PodSpec } from '@kubernetes/client-node';
import type { JOB_CONTAINERS } from '../../config/kubernetes-formats.ts';
import type { JobSettings } from './settings.ts';

/*
 * What the variables say of all Jobs, runners' and builders' alike.
 */

/** Where pods run, and what they pull their images with. */
export function placementOf({
  pullSecret,
  nodeSelector,
  tolerations,
}: Pick<JobSettings, 'pullSecret' | 'nodeSelector' | 'tolerations'>): Partial<V1PodSpec> {
  return {
    ...(pullSecret !== undefined && { imagePullSecrets: [{ name: pullSecret }] }),
    ...(nodeSelector && { nodeSelector: { ...nodeSelector } }),
    ...(tolerations && { tolerations: tolerations.map((toleration) => ({ ...toleration })) }),
  };
}

/**
 * How often a failed pod is replaced, and which failures count.
 * @param container the only one of the pod: the API server takes no rule of another
 */
export function retriesOf(
  { backoffLimit, podFailurePolicy }: Pick<JobSettings, 'backoffLimit' | 'podFailurePolicy'>,
  container: (typeof JOB_CONTAINERS)[number],
): Pick<V1JobSpec, 'backoffLimit' | 'podFailurePolicy'> {
  const rules = (podFailurePolicy?.rules ?? []).filter(
    ({ onExitCodes }) => (onExitCodes?.containerName ?? container) === container,
  );
  if (rules.length === 0) return { backoffLimit };
  return { backoffLimit, podFailurePolicy: { rules: rules.map((rule) => ({ ...rule })) } };
}
