import { z } from 'zod';
import { isLabelKey } from './labels.ts';

const QUANTITY = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;
const HUGE_PAGES = 'hugepages-';

const quantity = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((value) => QUANTITY.test(value), 'must be a quantity, such as "500m" or "1Gi"')
  .refine((value) => !value.startsWith('-'), 'must not be negative');

const resourceName = z
  .string()
  .refine(
    (name) => /^(?:cpu|memory|ephemeral-storage)$/.test(name) || isHugePages(name) || isExtended(name),
    'must be a resource of containers: cpu, memory, ephemeral-storage, or one with a domain, such as "nvidia.com/gpu"',
  );
const quantities = z.record(resourceName, quantity);

/** `requests` and `limits` of a container, checked as the API server would. */
export const containerResources = z
  .strictObject({ requests: quantities.optional(), limits: quantities.optional() })
  .superRefine((resources, context) => {
    for (const [path, message] of mistakesOf(resources)) context.addIssue({ code: 'custom', path, message });
  });

type Amounts = Readonly<Record<string, string>>;
type Mistake = readonly [path: string[], message: string];

function mistakesOf({ requests = {}, limits = {} }: { requests?: Amounts | undefined; limits?: Amounts | undefined }) {
  const named = new Set([...Object.keys(requests), ...Object.keys(limits)]);
  return [
    ...Object.entries(requests).flatMap(([name, requested]) => mistakesOfRequest(name, requested, limits[name])),
    ...Object.entries({ requests, limits }).flatMap(([kind, amounts]) =>
      Object.entries(amounts).flatMap(([name, amount]): Mistake[] => {
        const message = mistakeOfAmount(name, amount, named);
        return message === undefined ? [] : [[[kind, name], message]];
      }),
    ),
  ];
}

function mistakesOfRequest(name: string, requested: string, limit: string | undefined): Mistake[] {
  const path = ['requests', name];
  // Of these no node gives more than it has.
  if (isHugePages(name) || isExtended(name)) {
    return limit !== undefined && amountOf(requested) === amountOf(limit)
      ? []
      : [[path, 'must be in the limits, too, and the same there']];
  }
  if (limit === undefined || amountOf(requested) <= amountOf(limit)) return [];
  return [[path, `must not be more than its limit, ${limit}`]];
}

function mistakeOfAmount(name: string, amount: string, named: ReadonlySet<string>): string | undefined {
  if (isExtended(name) && !Number.isInteger(amountOf(amount))) return 'must be a whole number';
  if (!isHugePages(name)) return undefined;
  if (amountOf(amount) % amountOf(name.slice(HUGE_PAGES.length)) !== 0)
    return 'must be a multiple of the size of a page';
  return named.has('cpu') || named.has('memory') ? undefined : 'must have cpu or memory beside it';
}

function isHugePages(name: string): boolean {
  return name.startsWith(HUGE_PAGES) && QUANTITY.test(name.slice(HUGE_PAGES.length));
}

/** Whether it is a resource that nodes advertise under a domain of its maker. */
function isExtended(name: string): boolean {
  return name.includes('/') && isLabelKey(name);
}

const FACTORS: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** Of a quantity, e.g. 0.5 of `500m`. */
export function amountOf(text: string): number {
  const [, number = '', unit] = /^(.*?)([KMGTPE]i|[numkMGTPE])?$/.exec(text) ?? [];
  return Number(number) * (unit === undefined ? 1 : (FACTORS[unit] ?? Number.NaN));
}
