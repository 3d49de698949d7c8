import { z } from 'zod';

const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** The key of a label. */
export const labelKey = z
  .string()
  .refine(isLabelKey, 'must be the key of a label, such as "node-pool" or "example.com/pool"');

/** The value of a label; it may be empty. */
export const labelValue = z
  .string()
  .regex(LABEL_VALUE, 'must be the value of a label: at most 63 letters, digits, "-", "_", "."');

/** Whether it can be the key of a label: names of resources with a domain are of the same form. */
export function isLabelKey(key: string): boolean {
  const [name = '', prefix, ...more] = key.split('/').reverse();
  const hasPrefix = prefix === undefined || (prefix.length <= 253 && SUBDOMAIN.test(prefix));
  return more.length === 0 && hasPrefix && LABEL_NAME.test(name);
}
