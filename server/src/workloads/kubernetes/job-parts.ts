import type { V1JobSpec, V1PodSpec } from '@kubernetes/client-node';
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

/** How often a failed pod is replaced, and which failures count. */
export function retriesOf({
  backoffLimit,
  podFailurePolicy,
}: Pick<JobSettings, 'backoffLimit' | 'podFailurePolicy'>): Pick<V1JobSpec, 'backoffLimit' | 'podFailurePolicy'> {
  if (!podFailurePolicy) return { backoffLimit };
  return { backoffLimit, podFailurePolicy: { rules: podFailurePolicy.rules.map((rule) => ({ ...rule })) } };
}
