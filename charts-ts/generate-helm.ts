import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Yaml } from 'cdk8s';
import { stringify } from 'yaml';
import { z } from 'zod';
import { variables } from './src/configuration.ts';
import { JSON_VARIABLES, SECRET_VARIABLES, type Settings, toSettings } from './src/load-values.ts';
import { SERVER, WORKLOADS } from './src/names.ts';
import { ServerChart } from './src/server-chart.ts';
import { valuesSchema } from './src/values.ts';

/**
 * Writes a Helm chart from the same constructs: they are given marks for values, which become Helm's expressions.
 * It takes a part of the values: see docs/charts.md.
 */
const out = process.env['ZENML_HELM_OUTDIR'] ?? join('dist', 'helm', SERVER);
const expressions: string[] = [];
const mark = (expression: string): string => `helm${expressions.push(expression) - 1}mark`;
const value = (path: string): string => mark(`.Values.${path}`);
const map = (path: string): Record<string, string> => ({ [value(path)]: '' });

const shape = valuesSchema.shape;
const image = z.strictObject({ repository: z.string(), tag: z.string() }).partial();
const helmSchema = z.strictObject({
  server: z
    .strictObject({
      image,
      environment: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      replicas: z.int().min(1),
      serviceAccount: z.strictObject({ annotations: z.record(z.string(), z.string()) }).partial(),
      resources: z.record(z.string(), z.record(z.string(), z.string())),
    })
    .partial()
    .optional(),
  zenml: shape.zenml,
  secret: z.strictObject({ name: z.string() }).partial().optional(),
  runners: z
    .strictObject({ serviceAccountAnnotations: z.record(z.string(), z.string()) })
    .partial()
    .optional(),
  global: z.record(z.string(), z.unknown()).optional(),
});

const defaults = toSettings({ autoscaling: { enabled: false } });
const settings: Settings = {
  ...defaults,
  createNamespaces: false,
  namespace: mark('.Release.Namespace'),
  server: {
    ...defaults.server,
    image: { ...defaults.server.image, repository: value('server.image.repository'), tag: value('server.image.tag') },
    replicas: value('server.replicas') as unknown as number,
    serviceAccount: { ...defaults.server.serviceAccount, annotations: map('server.serviceAccount.annotations') },
    resources: { requests: map('server.resources.requests'), limits: map('server.resources.limits') },
  },
  secret: { name: value('secret.name') },
  runners: {
    ...defaults.runners,
    namespace: mark('include "runners.namespace" .'),
    serviceAccount: mark('include "runners.serviceAccount" .'),
    serviceAccountAnnotations: map('runners.serviceAccountAnnotations'),
  },
};

const expression = (index: string): string => expressions[Number(index)] ?? '';

/** Puts Helm's expressions where the marks are. */
function toTemplate(manifest: string): string {
  return manifest
    .replace(/^( *)helm(\d+)mark: ""$/gm, (_all, indent: string, index: string) => {
      return `${indent}{{- toYaml ${expression(index)} | nindent ${indent.length} }}`;
    })
    .replace(/(zenml\.io\/environment: )\w+/, '$1{{ include "environment" . | sha256sum }}')
    .replace(/(kind: ConfigMap\n[\s\S]*?\ndata:\n)[\s\S]*/, '$1  {{- include "environment" . | nindent 2 }}\n')
    .replace(/helm(\d+)mark/g, (_all, index: string) => `{{ ${expression(index)} }}`);
}

const known = { ...variables(defaults), ZENML_SERVER_SERVER_URL: `http://${SERVER}.{{ .Release.Namespace }}.svc` };
const given = '$given := merge (dict) .Values.server.environment ((.Values.zenml).environment | default dict)';
const named = (name: string, end: string, otherwise: string) =>
  `{{- define "${name}" }}{{- ${given} }}{{- index $given "${WORKLOADS}${end}" | default "${otherwise}" }}{{- end }}\n`;
const listed = (names: readonly string[]) => `(list ${names.map((name) => `"${name}"`).join(' ')})`;
const helpers = `${named('runners.namespace', 'NAMESPACE', defaults.runners.namespace)}${named('runners.serviceAccount', 'SERVICE_ACCOUNT', defaults.runners.serviceAccount)}
{{- define "environment" }}
{{- ${given} }}
{{- $known := fromYaml (include "known" .) }}
{{- if eq (include "runners.namespace" .) .Release.Namespace }}
{{- fail "server.environment.${WORKLOADS}NAMESPACE: is the server's namespace; name another one for the runners" }}
{{- end }}
{{- range $name, $value := $given }}
{{- if has $name ${listed(SECRET_VARIABLES)} }}
{{- fail (printf "server.environment.%s: is a secret; put it into the Secret that secret.name names" $name) }}
{{- end }}
{{- if and (has $name ${listed(JSON_VARIABLES)}) (or (not (kindIs "string" $value)) (hasKey (fromJson (printf "{\\"value\\": %v}" $value)) "Error")) }}
{{- fail (printf "server.environment.%s: is not JSON; check its quotes and brackets" $name) }}
{{- end }}
{{- end }}
{{- range $name, $value := merge (pick $known "ZENML_WORKSPACE_PORT" "ZENML_WORKSPACE_METRICS_PORT") $given $known }}
{{ $name }}: {{ if kindIs "float64" $value }}{{ int64 $value | quote }}{{ else }}{{ $value | quote }}{{ end }}
{{- end }}
{{- end }}

{{- define "known" }}
${stringify(known)}{{- end }}
`;

const chart = new ServerChart(new App(), settings);
const documents: { kind: string; metadata: { namespace?: string } }[] = chart.toJson();
const version: string = JSON.parse(readFileSync(new URL('../server/package.json', import.meta.url), 'utf8')).version;
const { server, secret, runners } = defaults;
const { image: serverImage, replicas, environment, serviceAccount, resources } = server;
const values = {
  server: {
    image: { repository: serverImage.repository, tag: version },
    replicas,
    environment,
    serviceAccount: { annotations: serviceAccount.annotations },
    resources,
  },
  secret: { name: secret.name },
  runners: { serviceAccountAnnotations: runners.serviceAccountAnnotations },
};

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, 'templates'), { recursive: true });
const write = (name: string, text: string) => writeFileSync(join(out, name), text);
const about = { apiVersion: 'v2', name: SERVER, description: 'The workspace server for ZenML', type: 'application' };
write('Chart.yaml', stringify({ ...about, version, appVersion: version }));
write('values.yaml', stringify(values));
write('values.schema.json', JSON.stringify(z.toJSONSchema(helmSchema, { io: 'input', target: 'draft-7' }), null, 2));
write('templates/_helpers.tpl', helpers);
for (const [index, document] of documents.entries()) {
  const name = `${String(index).padStart(2, '0')}-${document.kind.toLowerCase()}.yaml`;
  write(join('templates', name), toTemplate(Yaml.stringify(document)));
}
