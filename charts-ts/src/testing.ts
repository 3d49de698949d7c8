import { Testing } from 'cdk8s';
import { toSettings } from './load-values.ts';
import { ServerChart } from './server-chart.ts';

/** A manifest, with the fields that tests look into. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data: Readonly<Record<string, string>>;
  readonly automountServiceAccountToken?: boolean;
  readonly value?: number;
  readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
  readonly subjects: readonly unknown[];
  readonly spec: {
    readonly strategy: { readonly rollingUpdate: unknown };
    readonly template: { readonly metadata: { readonly labels: Readonly<Record<string, string>> }; readonly spec: Pod };
    readonly ingress: readonly TrafficRule[];
    readonly egress: readonly TrafficRule[];
    readonly replicas?: number;
    readonly limits: readonly unknown[];
    readonly hard: Readonly<Record<string, string>>;
    readonly tls: readonly unknown[];
    readonly parentRefs: readonly unknown[];
    readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
  };
}

/** A pod’s specification. */
export interface Pod {
  readonly securityContext: unknown;
  readonly terminationGracePeriodSeconds: number;
  readonly automountServiceAccountToken: boolean;
  readonly priorityClassName: string;
  readonly nodeSelector: unknown;
  readonly tolerations: unknown;
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: {
      readonly name: string;
      readonly items: readonly { readonly key: string; readonly path: string }[];
    };
  }[];
  readonly containers: readonly [Container];
}

/** A container of it. */
export interface Container {
  readonly securityContext: unknown;
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly startupProbe: Probe;
}

interface Probe {
  readonly httpGet: { readonly path: string };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

/** A rule of a NetworkPolicy. */
export interface TrafficRule {
  readonly ports: readonly { readonly port: number }[];
}

/** The manifests for a values file, in their order. */
export function synthesize(values: unknown = {}): readonly Manifest[] {
  return Testing.synth(new ServerChart(Testing.app(), toSettings(values)));
}

/** The first manifest of a kind in a namespace. */
export function find(manifests: readonly Manifest[], kind: string, namespace = 'zenml'): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.namespace === namespace);
  if (!found) throw new Error(`There is no ${kind} in the namespace ${namespace}.`);
  return found;
}
