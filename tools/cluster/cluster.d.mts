/** What programs a cluster is made of; see programs.mjs. */
export interface ClusterPrograms {
  readonly bin: string;
  readonly directory: string;
  readonly networkPlugins: string;
}

/** A real cluster of one node; see cluster.mjs. */
export interface Cluster {
  readonly kubeconfig: string;
  readonly host: string;
  kubectl(...args: string[]): Promise<string>;
  apply(items: readonly object[]): Promise<string>;
  configurationFor(token: string): object;
  importImage(image: { readonly name: string; readonly archive: string }): Promise<void>;
  kill(name: string): Promise<void>;
  restart(name: string): Promise<void>;
  stop(): Promise<void>;
}

export function startCluster(programs: ClusterPrograms): Promise<Cluster>;
