import { z } from 'zod';
import { MIGRATION } from '../src/names.ts';
import { GRACE_SECONDS, type Settings } from '../src/settings.ts';
import { valuesSchema } from '../src/values.ts';
import { variables } from '../src/variables.ts';
import type { Marks } from './marks.ts';
import type { TemplateWriter } from './template.ts';

/** Something that a value switches on, or fills. */
export interface Switch {
  /** Helm's expression that holds where it is on. */
  readonly condition: string;
  /** The path in the settings, and what is there while it is off. */
  readonly path: readonly string[];
  readonly off: unknown;
}

/** The JSON Schema of values, as far as it is looked into. */
export interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly items?: ValueSchema;
}

/** Settings of marks, with everything switched on that can be. */
export interface Symbols {
  readonly settings: Settings;
  readonly switches: readonly Switch[];
  /** Helm's expression of the server's variables. */
  readonly variables: string;
}

/** Values that are not read as they are: what follows from them is. */
const DERIVED = new Set([
  ...['$schema', 'namespace', 'createNamespaces', 'zenml'],
  ...['server.environment', 'runners.namespace', 'runners.serviceAccount'],
  ...['kubernetesApiPorts', 'furtherPorts', 'cloudIdentity'].map((name) => `networkPolicy.${name}`),
]);

/** Whether the chart makes the server's namespace: that of the release is there before its manifests are. */
export const MAKES_SERVER_NAMESPACE =
  '(and $.Values.createNamespaces (ne (include "zenml.namespace" $) $.Release.Namespace))';

/** Whether a Job migrates the database. */
const BY_JOB = '(eq $.Values.migration.mode "job")';

/** @returns the schema that values files are checked by, as JSON Schema */
export function schemaOfValues(): ValueSchema {
  return z.toJSONSchema(valuesSchema, { io: 'input' }) as ValueSchema;
}

/** Makes settings whose every value is Helm's. */
export function makeSymbols(marks: Marks, writer: TemplateWriter): Symbols {
  const builder = new Builder(marks);
  const values = builder.object(schemaOfValues(), [], false) as unknown as Settings;
  const included = (name: string) => `(include "zenml.${name}" $)`;
  const namespace = marks.text(included('namespace'));
  const runners = {
    ...values.runners,
    namespace: marks.text(included('runnersNamespace')),
    serviceAccount: marks.text(included('runnersServiceAccount')),
    podSecurity: marks.text(included('podSecurity')),
    buildsImages: true,
  };
  const environment = marks.map(`(include "zenml.environment" $ | fromJson)`);
  const url = marks.text(included('url'));
  const seconds = '$.Values.server.drainDelaySeconds $.Values.server.shutdownTimeoutSeconds';
  const settings: Settings = {
    ...values,
    namespace,
    environment,
    variables: marks.map(`(include "zenml.variables" $ | fromJson)`),
    checksum: marks.text('(include "zenml.variables" $ | sha256sum)'),
    url,
    gracePeriodSeconds: marks.integer(`(add ${seconds} ${GRACE_SECONDS})`) as unknown as number,
    openPorts: marks.list('(include "zenml.openPorts" $ | fromJsonArray)', 'integer') as unknown as number[],
    limitsClients: true,
    identities: { aws: true, gcp: true },
    runners,
    makes: { serverNamespace: true, runnersNamespace: true },
    migrationJob: MIGRATION,
  };
  const switches = [
    ...builder.switches,
    {
      condition: MAKES_SERVER_NAMESPACE,
      path: ['makes', 'serverNamespace'],
      off: false,
    },
    { condition: '$.Values.createNamespaces', path: ['makes', 'runnersNamespace'], off: false },
    { condition: `(eq "true" ${included('buildsImages')})`, path: ['runners', 'buildsImages'], off: false },
    {
      condition: '(or $.Values.networkPolicy.clients $.Values.networkPolicy.clientNamespaces)',
      path: ['limitsClients'],
      off: false,
    },
    ...['aws', 'gcp'].map((cloud) => ({
      condition: `(eq ${JSON.stringify(cloud)} ${included('cloud')})`,
      path: ['identities', cloud],
      off: false,
    })),
  ];
  const variablesWith = (mode: 'server' | 'job') =>
    writer.mapExpression(variables({ ...values, url, runners, environment, migration: { ...values.migration, mode } }));
  const all = `(ternary ${variablesWith('job')} ${variablesWith('server')} ${BY_JOB})`;
  return { settings, switches, variables: all };
}

/** Goes through the schema. */
class Builder {
  readonly switches: Switch[] = [];
  readonly #marks: Marks;

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  object({ properties = {}, required = [] }: ValueSchema, path: readonly string[], optional: boolean) {
    const made: Record<string, unknown> = {};
    for (const [name, schema] of Object.entries(properties)) {
      const inner = [...path, name];
      if (DERIVED.has(inner.join('.'))) continue;
      const isOptional = schema.default === undefined && !required.includes(name);
      if (isOptional) this.#switch(inner, undefined);
      made[name] = this.#value(schema, inner, optional || isOptional);
    }
    return made;
  }

  /** @param optional whether it is part of something that may be absent, so that values.yaml has no default of it */
  #value(schema: ValueSchema, path: readonly string[], optional: boolean): unknown {
    const given = expressionOf(path);
    if (path.join('.') === 'migration.mode') {
      this.#switch(path, 'server', BY_JOB);
      return 'job';
    }
    switch (schema.type) {
      case 'boolean':
        this.#switch(path, false);
        return true;
      case 'integer':
        return this.#marks.integer(given);
      case 'string':
        return this.#marks.text(
          optional && schema.default !== undefined ? `(${given} | default ${JSON.stringify(schema.default)})` : given,
        );
      case 'array':
        this.#switch(path, []);
        return this.#list(given, schema.items);
      case 'object': {
        if (schema.properties) return this.object(schema, path, optional);
        const expression = mapOrDefault(given, schema.default);
        this.#switch(path, {}, expression);
        return this.#marks.map(expression);
      }
      default:
        throw new Error(`${path.join('.')}: ${schema.type} is not known.`);
    }
  }

  #list(given: string, items: ValueSchema | undefined): unknown {
    const [key] = Object.keys(items?.properties ?? {});
    if (key !== undefined) return this.#marks.listOfMaps(given, key);
    return this.#marks.list(given, items?.type === 'integer' ? 'integer' : 'text');
  }

  #switch(path: readonly string[], off: unknown, condition = expressionOf(path)): void {
    this.switches.push({ condition, path, off });
  }
}

function expressionOf(path: readonly string[]): string {
  return `$.Values.${path.join('.')}`;
}

/** A map that is given stands in place of its default. Helm would mix both if values.yaml had the default. */
function mapOrDefault(given: string, defaults: unknown): string {
  const entries = Object.entries((defaults ?? {}) as Record<string, string>);
  if (entries.length === 0) return given;
  const otherwise = entries.map(([key, value]) => `${JSON.stringify(key)} ${JSON.stringify(value)}`).join(' ');
  return `(ternary ${given} (dict ${otherwise}) (kindIs "map" ${given}))`;
}
