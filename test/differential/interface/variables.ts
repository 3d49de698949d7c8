import { isDeepStrictEqual } from 'node:util';
import { NO_EFFECT } from '../../../server/src/config/no-effect.ts';
import { ALL_VARIABLES } from '../../../server/src/config/sections.ts';
import type { Json } from '../../servers/json.ts';

/** Of the reference's variables, those that are not read here or have another default, with the reason. */
const KEPT: Readonly<Record<string, string>> = {
  ZENML_SERVER_CORS_ALLOW_ORIGINS: 'The reference allows all origins too where none is named.',
  ZENML_SERVER_SECURE_HEADERS_CSP: 'One space more, between two directives.',
  ZENML_STORE_DRIVER: 'The reference takes it from the URL, which must be of MySQL here.',
  ZENML_STORE_SSL: 'Left out, it follows from the other variables of TLS.',
  ZENML_STORE_SECRETS_STORE: 'An object, which no variable can hold: ZENML_SECRETS_STORE_… are its members.',
  ZENML_STORE_BACKUP_SECRETS_STORE: 'The same of ZENML_BACKUP_SECRETS_STORE_….',
  ZENML_SECRETS_STORE_TYPE: 'The reference takes its own database too where none is named.',
  ZENML_BACKUP_SECRETS_STORE_TYPE: 'The word for none.',
};

/**
 * Holds what this server knows against the variables of the reference's configuration.
 * @param defaults of the reference, by the variable
 * @returns a sentence for each variable that differs; none of those that are as they should be
 */
export function differingVariables(defaults: Readonly<Record<string, Json>>): Map<string, string | undefined> {
  const ignored = new Set(NO_EFFECT.flatMap(({ names }) => names));
  const ours = new Map<string, unknown>();
  for (const { name, formerName, fallback } of ALL_VARIABLES) {
    ours.set(name, fallback ?? null);
    if (formerName !== undefined) ours.set(formerName, fallback ?? null);
  }
  const judge = (name: string, fallback: Json): string | undefined => {
    if (ignored.has(name)) return undefined;
    const known = ours.has(name);
    const alike = known && isDeepStrictEqual(ours.get(name), fallback);
    if (alike !== name in KEPT) return undefined;
    if (alike) return 'is as in the reference, and listed as different';
    return known
      ? `is ${JSON.stringify(ours.get(name))}, in the reference ${JSON.stringify(fallback)}`
      : 'is neither read nor listed in no-effect.ts';
  };
  return new Map(Object.entries(defaults).map(([name, fallback]) => [name, judge(name, fallback)]));
}
