import { valueError } from '../../errors.ts';
import type { Json } from '../../json.ts';

/** A component as settings refer to it. */
export interface NamedComponent {
  readonly type: string;
  readonly name: string;
  readonly flavor: string;
}

/** Types of stack components (ZenML 0.98.0 enums.StackComponentType). */
const COMPONENT_TYPES = [
  'alerter',
  'annotator',
  'artifact_store',
  'container_registry',
  'data_validator',
  'experiment_tracker',
  'feature_store',
  'image_builder',
  'log_store',
  'model_deployer',
  'orchestrator',
  'sandbox',
  'step_operator',
  'model_registry',
  'deployer',
];

const COMPONENT_KEY = new RegExp(`^(${COMPONENT_TYPES.join('|')})(?:([.:])(.+))?$`, 's');

/** The first release that names components in settings by `type:name` and not by `type.flavor`. */
const FIRST_WITH_NAMES = [0, 94, 3];

/** Whether the ZenML in an image knows components in settings by their flavor only; so does what has no version. */
export function usesFlavorKeys(zenmlVersion: string | null): boolean {
  const match = /^\s*v?(\d+(?:\.\d+)*)(.*?)\s*$/i.exec(zenmlVersion ?? '');
  if (!match) return true;
  const [, release = '', suffix = ''] = match;
  const numbers = release.split('.').map(Number);
  for (const [index, wanted] of FIRST_WITH_NAMES.entries()) {
    const given = numbers[index] ?? 0;
    if (given !== wanted) return given < wanted;
  }
  return /^[.\-_]?(?:a|b|c|rc|alpha|beta|pre|preview|dev)/i.test(suffix);
}

/** The key of a component's settings. */
export function settingKeyOf({ type, name, flavor }: NamedComponent, byFlavor: boolean): string {
  return byFlavor ? `${type}.${flavor}` : `${type}:${name}`;
}

/**
 * Gives settings of components the key that the image's ZenML knows: clients may write `orchestrator`,
 * `orchestrator.kubernetes` or `orchestrator:my-cluster`. What fits no component is dropped, as in the reference.
 * @param components of the stack, the default of each type first.
 * @throws ApiError ValueError 400 where a key fits none or two, or two keys fit one component
 */
export function normalizeSettingKeys(settings: Json, components: readonly NamedComponent[], byFlavor: boolean): Json {
  const general: Record<string, unknown> = {};
  const resolved: Record<string, unknown> = {};
  const from = new Map<string, string>();
  for (const [key, value] of Object.entries(settings)) {
    const match = COMPONENT_KEY.exec(key);
    if (!match) {
      general[key] = value;
      continue;
    }
    const component = findComponent(key, match, components);
    if (!component) continue;
    const name = settingKeyOf(component, byFlavor);
    const earlier = from.get(name);
    if (earlier !== undefined) {
      throw valueError(
        `Duplicate settings provided using the keys ${earlier} and ${key}. Both refer to ${name}. Remove settings for ` +
          'one of them to fix this error.',
      );
    }
    from.set(name, key);
    resolved[name] = value;
  }
  return { ...general, ...resolved };
}

function findComponent(
  key: string,
  [, type = '', separator, selector]: RegExpExecArray,
  components: readonly NamedComponent[],
): NamedComponent | undefined {
  const ofType = components.filter((component) => component.type === type);
  if (separator === undefined) {
    if (ofType[0]) return ofType[0];
    throw valueError(
      `Unable to resolve settings key \`${key}\` because the stack has no default component of type ${type}.`,
    );
  }
  const matches = ofType.filter((component) => selector === (separator === ':' ? component.name : component.flavor));
  if (matches.length > 1) {
    throw valueError(`Unable to resolve settings key \`${key}\` because it matched ${matches.length} components.`);
  }
  return matches[0];
}
