import type { Cluster } from './cluster.mjs';

export const documentedRules: readonly object[];
export const smallerRules: readonly object[];

export function makeWorkloadNamespace(
  cluster: Cluster,
  given: { readonly namespace: string; readonly directory: string; readonly rules?: readonly object[] },
): Promise<string>;
