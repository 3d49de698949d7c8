import { RequestValidationError } from '../../../errors.ts';
import { isObject, type Json } from '../../../json.ts';

/** Finds a header by its name in small letters; empty where it is missing. */
export type HeaderOf = (name: string) => string;

/** A request to a webhook that may be trusted. */
export interface Delivery {
  /** What happened; `undefined` where the provider only tests the address. */
  readonly event?: { readonly type: string; readonly deliveryId: string | undefined; readonly payload: Json };
  /** What the provider wants to hear: 202 and nothing where left out. */
  readonly answer?: { readonly status: number; readonly text?: string };
}

/** An event in the provider's own terms. */
export interface SemanticEvent {
  readonly type: string;
  /** What is noted of it with the run that it starts. */
  readonly event: Json;
  /** What a trigger's filters are compared with, by their names; null: unknown, which fits no filter. */
  readonly actual: Readonly<Record<string, string | null | readonly string[]>>;
  /** What is not a filter of texts. */
  readonly fits?: (target: Json) => boolean;
}

/** The fields of an event that triggers can wait for. */
export interface TargetShape {
  /** Filters of texts. */
  readonly filters: readonly string[];
  /** Flags with their defaults. */
  readonly flags?: Readonly<Record<string, boolean | null>>;
  /** What is wrong with the fields together. */
  readonly check?: (target: Json) => string | undefined;
}

/** Where events come from. A provider holds no state. */
export interface Provider {
  readonly type: string;
  /** The name of its configuration in messages. */
  readonly configurationName: string;
  /** The events that its triggers can wait for, by type; none: only by `dynamic` filters, or for all. */
  readonly targets: Readonly<Record<string, TargetShape>>;
  /** Looks at the headers before anything is read. @throws PayloadError */
  readonly checkHeaders?: (headerOf: HeaderOf) => void;
  /** @throws SignatureError where the request is not signed with the secret */
  authenticate(body: Buffer, headerOf: HeaderOf, secret: string): void;
  /** @throws PayloadError */
  parse(body: Buffer, headerOf: HeaderOf): Delivery;
  semantic(event: { type: string; deliveryId: string; payload: Json }): SemanticEvent | undefined;
}

/** A request whose signature is missing or wrong. */
export class SignatureError extends Error {}

/** A trusted request that makes no sense; the message is meant for the provider. */
export class PayloadError extends Error {}

/** The object that a body holds. @throws PayloadError */
export function parseObject(body: Buffer): Json {
  let payload: unknown;
  try {
    payload = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new PayloadError('Request body must be valid JSON.', { cause: error });
  }
  if (isObject(payload)) return payload;
  throw new PayloadError('Request body must contain a top-level JSON object.');
}

/** A text that is not empty, or null. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The text at a path of an object, or null. */
export function textAt(payload: Json, ...path: string[]): string | null {
  return textOf(path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), payload));
}

/** The error for a configuration that the provider does not take. */
export function wrongConfiguration(provider: Provider, problems: readonly string[]): RequestValidationError {
  const count = `${problems.length} validation error${problems.length === 1 ? '' : 's'}`;
  return new RequestValidationError(`${count} for ${provider.configurationName}\n${problems.join('\n')}`, true);
}
