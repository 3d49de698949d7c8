import { readFileSync } from 'node:fs';
import { KNOWN_NAMES, OWN_PREFIX } from '../../server/src/config/config.ts';
import { TRUE } from '../../server/src/config/formats.ts';
import { CLOUD_OF_MANAGER, GCP_ANNOTATION } from '../src/cloud-identity.ts';
import { JSON_VARIABLES, SECRET_VARIABLES } from '../src/load-values.ts';
import { SERVER, WORKLOADS } from '../src/names.ts';
import { DEFAULT_RUNNERS } from '../src/settings.ts';

/** Writes what templates include: settings.tpl, with names and lists that the rest of the project decides. */
export function writeHelpers(variables: string): string {
  const listed = (names: readonly string[]) => names.map((name) => `"${name}"`).join(' ');
  const parts: Record<string, string> = {
    variables,
    workloads: WORKLOADS,
    server: SERVER,
    runnersNamespace: DEFAULT_RUNNERS.namespace,
    runnersServiceAccount: DEFAULT_RUNNERS.serviceAccount,
    true: listed(TRUE),
    gcpAnnotation: GCP_ANNOTATION,
    cloudOfManager: listed(Object.entries(CLOUD_OF_MANAGER).flat()),
    secretVariables: listed(SECRET_VARIABLES),
    jsonVariables: listed(JSON_VARIABLES),
    knownVariables: listed(KNOWN_NAMES),
    ownPrefix: `\`${OWN_PREFIX.source}\``,
  };
  const text = readFileSync(new URL('settings.tpl', import.meta.url), 'utf8');
  return text.replace(/@(\w+)@/g, (_all, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`settings.tpl: @${name}@ is not known.`);
    return part;
  });
}
