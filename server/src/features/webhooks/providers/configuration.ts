import { isObject, type Json } from '../../../json.ts';
import { type DynamicTarget, MAX_PATHS, matchesDynamic, pathProblem } from './dynamic-filters.ts';
import { type Provider, type SemanticEvent, type TargetShape, wrongConfiguration } from './provider.ts';
import { type Filter, filterProblem, matchesFilter } from './string-filters.ts';

/** ZenML 0.98.0 webhooks/providers/base.py */
const MAX_TARGETS = 10;

/** What a trigger waits for at a webhook, as it is stored: every field of a target is there. */
export interface WebhookConfiguration {
  readonly target_events: readonly Json[] | null;
}

/**
 * Reads the configuration of a webhook's trigger. Members of the configuration itself that nobody knows are dropped,
 * those of a target are refused.
 * @throws RequestValidationError 422 with all that is wrong
 */
export function toWebhookConfiguration(provider: Provider, sent: Json): WebhookConfiguration {
  const problems: string[] = [];
  const report = (place: string, problem: string) => problems.push(`${place}\n  ${problem}`);
  const targets = sent['target_events'];
  const optional = Object.keys(provider.targets).length === 0;
  if (targets === undefined || targets === null) {
    if (optional) return { target_events: null };
    report('target_events', targets === undefined ? 'Field required' : 'Input should be a valid list');
  } else if (!Array.isArray(targets)) report('target_events', 'Input should be a valid list');
  else if (targets.length === 0 && !optional) {
    report('target_events', 'List should have at least 1 item after validation, not 0');
  } else if (targets.length > MAX_TARGETS) {
    report('target_events', `List should have at most ${MAX_TARGETS} items after validation, not ${targets.length}`);
  }
  const read =
    problems.length > 0 || !Array.isArray(targets)
      ? []
      : targets.map((target, index) =>
          toTarget(provider, target, (at, problem) => report(`target_events.${index}${at}`, problem)),
        );
  if (problems.length > 0) throw wrongConfiguration(provider, problems);
  return { target_events: read };
}

type Report = (place: string, problem: string) => void;

function toTarget(provider: Provider, target: unknown, report: Report): Json {
  if (!isObject(target)) {
    report('', 'Input should be a valid dictionary');
    return {};
  }
  const tags = [...Object.keys(provider.targets), 'dynamic'];
  const onlyDynamic = tags.length === 1;
  const type = target['type'] ?? (onlyDynamic ? 'dynamic' : undefined);
  if (type === 'dynamic') return toDynamic(target, onlyDynamic ? report : (at, text) => report(`.dynamic${at}`, text));
  const shape = provider.targets[String(type)];
  if (shape) return toShaped(String(type), shape, target, (at, text) => report(`.${type}${at}`, text));
  if (onlyDynamic) report('.type', "Input should be 'dynamic'");
  else if (type === undefined) report('', "Unable to extract tag using discriminator 'type'");
  else {
    const expected = tags.map((tag) => `'${tag}'`).join(', ');
    report('', `Input tag '${type}' found using 'type' does not match any of the expected tags: ${expected}`);
  }
  return {};
}

function toShaped(type: string, shape: TargetShape, target: Json, report: Report): Json {
  const flags = shape.flags ?? {};
  const fields = [...shape.filters, ...Object.keys(flags)];
  refuseOthers(target, ['type', ...fields], report);
  const read: Record<string, unknown> = { type };
  for (const field of fields) {
    if (field in flags) {
      const value = target[field] ?? flags[field] ?? null;
      if (value !== null && typeof value !== 'boolean') report(`.${field}`, 'Input should be a valid boolean');
      read[field] = value;
    } else read[field] = readFilter(target[field], `.${field}`, report) ?? null;
  }
  const filters = shape.filters.flatMap((field) => (isFilter(read[field]) ? [[field, read[field]] as const] : []));
  const problem = filters.map(([field, filter]) => filterProblem(filter, field)).find(Boolean) ?? shape.check?.(read);
  if (problem) report('', `Value error, ${problem}`);
  return read;
}

function toDynamic(target: Json, report: Report): Json {
  refuseOthers(target, ['type', 'event_type', 'filters'], report);
  const eventType = readFilter(target['event_type'], '.event_type', report);
  if (!('event_type' in target)) report('.event_type', 'Field required');
  else if (target['event_type'] === null) report('.event_type', 'Input should be a valid string');
  const sent = target['filters'] ?? {};
  const filters: Record<string, Filter> = {};
  if (!isObject(sent) || target['filters'] === null) report('.filters', 'Input should be a valid dictionary');
  else {
    const { length } = Object.keys(sent);
    if (length > MAX_PATHS) {
      report('.filters', `Dictionary should have at most ${MAX_PATHS} items after validation, not ${length}`);
    }
    for (const [path, value] of Object.entries(sent)) {
      const filter = readFilter(value ?? 0, `.filters.${path}`, report);
      if (filter !== undefined) filters[path] = filter;
    }
  }
  const problem =
    (eventType === undefined ? undefined : filterProblem(eventType, 'event_type')) ??
    Object.entries(filters)
      .map(([path, filter]) => filterProblem(filter, path) ?? pathProblem(path))
      .find(Boolean);
  if (problem) report('', `Value error, ${problem}`);
  return { type: 'dynamic', event_type: eventType, filters };
}

function refuseOthers(target: Json, fields: readonly string[], report: Report): void {
  for (const name of Object.keys(target)) {
    if (!fields.includes(name)) report(`.${name}`, 'Extra inputs are not permitted');
  }
}

function readFilter(value: unknown, place: string, report: Report): Filter | undefined {
  if (value === undefined || value === null) return undefined;
  if (isFilter(value)) return value;
  report(place, 'Input should be a valid string or a list of strings');
  return undefined;
}

function isFilter(value: unknown): value is Filter {
  return typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'));
}

/** Whether a trigger waits for an event. @param semantic the event in its provider's terms, if these cover it */
export function matchesConfiguration(
  { target_events }: WebhookConfiguration,
  event: { readonly type: string; readonly payload: Json },
  semantic: SemanticEvent | undefined,
): boolean {
  // Only where none are required: such a trigger waits for whatever comes.
  if (target_events === null || target_events.length === 0) return true;
  return target_events.some((target) => {
    if (target['type'] === 'dynamic')
      return matchesDynamic(target as unknown as DynamicTarget, event.type, event.payload);
    if (!semantic || semantic.type !== target['type']) return false;
    const filters = Object.entries(semantic.actual);
    const fits = filters.every(([field, actual]) => matchesFilter(actual, target[field] as Filter | null | undefined));
    return fits && (semantic.fits?.(target) ?? true);
  });
}
