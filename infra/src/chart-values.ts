/** What a stack tells the charts; the shape of their values file. */
export interface ChartValues {
  readonly namespace: string;
  readonly server: {
    readonly environment: Readonly<Record<string, string>>;
    readonly image?: { readonly repository: string };
    readonly serviceAccount: ServiceAccount & { readonly name: string };
  };
  readonly secret?: { readonly externalSecret: { readonly storeName: string; readonly key: string } };
  readonly runners: {
    readonly namespace: string;
    readonly serviceAccount: string;
    readonly serviceAccountAnnotations: Readonly<Record<string, string>>;
  };
  readonly networkPolicy?: { readonly database?: readonly string[]; readonly databasePort?: number };
}

interface ServiceAccount {
  readonly annotations: Readonly<Record<string, string>>;
}

/** Name that the External Secrets Operator's store is expected to have. */
export const SECRET_STORE = 'zenml-workspace-server';

/** Name of the output that holds the charts' values. */
export const CHART_VALUES_OUTPUT = 'chart_values';

/** Folder of the runners' logs in the bucket of logs. */
export const RUNNER_LOGS = 'run-template-logs';
