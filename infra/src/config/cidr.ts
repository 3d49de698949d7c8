import { z } from 'zod';

/** Addresses from the first to the last one, as numbers. */
interface AddressRange {
  readonly first: number;
  readonly last: number;
  /** Bits that all of them have in common. */
  readonly prefix: number;
}

/** Takes `10.40.0.0/16` apart. @returns `undefined` where it is no range, or does not begin with its first address */
export function parseCidr(text: string): AddressRange | undefined {
  const [, address = '', length] = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text) ?? [];
  const bytes = address.split('.').map(Number);
  const prefix = Number(length);
  if (length === undefined || prefix > 32 || bytes.some((byte) => byte > 255)) return undefined;
  const first = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { first, last: first + size - 1, prefix } : undefined;
}

/** Whether two ranges have an address in common; both must be ranges. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [parseCidr(one), parseCidr(other)];
  return a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last;
}

/** An address range of IPv4. @param widest the fewest bits of its prefix, @param narrowest the most */
export function cidrOf(widest: number, narrowest: number) {
  return z
    .string()
    .refine((text) => parseCidr(text) !== undefined, 'write an address range with its first address, as 10.40.0.0/16')
    .refine((text) => {
      const { prefix } = parseCidr(text) ?? { prefix: widest };
      return prefix >= widest && prefix <= narrowest;
    }, `must be from /${widest} to /${narrowest}`);
}

/** Who may reach a database: more than the widest private range is nearly everybody. */
export const clients = z.array(cidrOf(8, 32)).default([]);
