import type { k8s } from 'cdk8s-plus-27';
import type { Settings } from '../settings.ts';

/** On which nodes the server's pods may run. */
export function placementOf({ nodeSelector, tolerations }: Settings['server']): Partial<k8s.PodSpec> {
  return { nodeSelector, tolerations };
}
