import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { z } from 'zod';
import { loadConfig } from '../../server/src/config/config.ts';
import { ConfigurationError } from '../../server/src/config/configuration-error.ts';
import { ALL_VARIABLES } from '../../server/src/config/sections.ts';
import { WORKLOADS } from './names.ts';
import { findRefusedResources } from './resources.ts';
import { completeValues, type Settings } from './settings.ts';
import { valuesSchema } from './values.ts';

/** What is wrong with a values file: a line for each fault, with its path and what mends it. */
export class ValuesError extends Error {}

/** Variables whose texts must be JSON: Helm knows no more of them. */
export const JSON_VARIABLES = [
  ...['POD_RESOURCES', 'NODE_SELECTOR', 'TOLERATIONS', 'POD_FAILURE_POLICY'].map((end) => WORKLOADS + end),
  'ZENML_SERVER_METADATA',
];

/** Certificates, which anybody may read. They may name files, which lie in the pod and not here. */
const CERTIFICATES = ['ZENML_STORE_SSL_CA', 'ZENML_STORE_SSL_CERT'];

/** Variables that would be readable in a ConfigMap. */
export const SECRET_VARIABLES = ALL_VARIABLES.filter(({ secret }) => secret)
  .flatMap(({ name, formerName }) => (formerName ? [name, formerName] : [name]))
  .filter((name) => !CERTIFICATES.includes(name));

/** Reads a YAML or JSON file of values. @throws ValuesError */
export function readValues(path: string): Settings {
  let document: unknown;
  try {
    document = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ValuesError(`${path}: cannot be read as YAML: ${error instanceof Error ? error.message : error}`);
  }
  return toSettings(document ?? {});
}

/** Checks values and completes them. @throws ValuesError */
export function toSettings(document: unknown): Settings {
  const parsed = valuesSchema.safeParse(document);
  if (!parsed.success) throw new ValuesError(parsed.error.issues.map(describe).join('\n'));
  const settings = completeValues(parsed.data);
  const faults = [...findContradictions(settings), ...findRefusedResources(settings), ...findBadVariables(settings)];
  if (faults.length > 0) throw new ValuesError(faults.join('\n'));
  return settings;
}

function describe(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.') || 'values';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .map((key) => `${[...issue.path, key].join('.')}: is not known; remove it or mend its name (docs/charts.md)`)
      .join('\n');
  }
  if (issue.code === 'invalid_type' && issue.message.includes('received undefined')) {
    return `${path}: is missing; set ${named(issue.expected)}`;
  }
  return `${path}: ${problemOf(issue)}`;
}

function problemOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type': {
      const [, received = 'something else'] = /received (.+)$/.exec(issue.message) ?? [];
      return `is ${named(received)}; write ${named(issue.expected)}`;
    }
    case 'invalid_value':
      return `is not known; write ${issue.values.join(' or ')}`;
    case 'invalid_union':
      return 'is no value of a variable; write a text, a number, true or false';
    case 'invalid_key':
      return 'is no name of a variable; use capital letters, digits and underscores';
    default:
      return `${issue.message}; correct it in the values file`;
  }
}

/** Types as a person who writes YAML names them. */
function named(type: string): string {
  const names: Readonly<Record<string, string>> = {
    string: 'a text',
    int: 'a whole number',
    boolean: 'true or false',
    object: 'a map',
    record: 'a map',
    array: 'a list',
    null: 'empty',
  };
  return names[type] ?? `a ${type}`;
}

function findContradictions(settings: Settings): string[] {
  const { namespace, server, autoscaling, runners, ingress, environment } = settings;
  const faults = [];
  if (runners.namespace === namespace) {
    faults.push(`runners.namespace: is the server’s namespace (${namespace}); name another one for the runners`);
  }
  if (autoscaling.enabled && autoscaling.maxReplicas < server.replicas) {
    faults.push(
      `autoscaling.maxReplicas: ${autoscaling.maxReplicas} is below server.replicas (${server.replicas}); raise it to ${server.replicas} or more`,
    );
  }
  if (ingress && ingress.tlsSecret === undefined && Object.keys(ingress.annotations).length === 0) {
    faults.push(
      'ingress.tlsSecret: is missing; name the Secret with the certificate, or set ingress.annotations that bring one, as of ACM',
    );
  }
  const given = { NAMESPACE: runners.namespace, SERVICE_ACCOUNT: runners.serviceAccount };
  for (const [end, value] of Object.entries(given)) {
    const variable = environment[WORKLOADS + end];
    if (variable !== undefined && variable !== value) {
      faults.push(`server.environment.${WORKLOADS}${end}: ${variable} is not what runners names (${value}); keep one`);
    }
  }
  return faults;
}

function findBadVariables(settings: Settings): string[] {
  const faults = SECRET_VARIABLES.filter((variable) => variable in settings.environment).map(
    (variable) => `server.environment.${variable}: is a secret; put it into the Secret that secret.name names`,
  );
  return [...faults, ...findRefusedVariables(settings)];
}

/** In place of what only the Secret holds. */
const FROM_SECRET = {
  ZENML_STORE_URL: 'mysql://user:password@database/zenml',
  ZENML_SERVER_JWT_SECRET_KEY: 'key',
  ZENML_SECRETS_STORE_ENCRYPTION_KEY: 'key',
};

/** What the server would refuse at its start, by its own rules. */
function findRefusedVariables(settings: Settings): string[] {
  try {
    loadConfig({ ...settings.variables, ...FROM_SECRET });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.mistakes
      .filter(({ variable }) => ![...SECRET_VARIABLES, ...CERTIFICATES].includes(variable))
      .map(({ variable, message }) => `server.environment.${variable}: ${message}`);
  }
}
