import type { ClusterPrograms } from './cluster.mjs';

export function ensureClusterPrograms(): Promise<ClusterPrograms>;
