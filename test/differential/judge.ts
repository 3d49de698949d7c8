import { at, isObject, type Json } from '../servers/json.ts';
import type { Correspondence, Difference } from './correspondence.ts';
import { comparable, isSet, reasonFor } from './kept-differences.ts';
import { operationOf } from './operations.ts';
import type { Exchange } from './session.ts';

/** What came of one request that went to both servers. */
export type Verdict =
  | { kind: 'alike' }
  /** Alike but for differences that are meant, for these reasons. */
  | { kind: 'kept'; reasons: string[] }
  | { kind: 'not implemented' }
  /** Not sent to ours: it names something that ours did not make. */
  | { kind: 'blocked' }
  | { kind: 'differs'; differences: Difference[] };

const shownDifferences = 6;

/** Compares the two answers of an exchange, the reference's first. */
export function judge(exchange: Exchange, correspondence: Correspondence): Verdict {
  const [reference, ours] = exchange.answers;
  if (reference === undefined) throw new Error(`${exchange.method} ${exchange.path} names what the reference has not`);
  if (ours === undefined) return { kind: 'blocked' };
  if (ours.status === 501 && reference.status !== 501) return { kind: 'not implemented' };
  const operation = operationOf(exchange.method, exchange.path);
  const found =
    reference.status === ours.status
      ? correspondence.differences(
          prepared(reference, exchange.path, operation),
          prepared(ours, exchange.path, operation),
        )
      : [{ path: 'status', reference: answerText(reference), ours: answerText(ours) }];
  const judged = found.map((difference) => ({ difference, reason: reasonFor(operation, difference) }));
  const differences = judged.flatMap(({ difference, reason }) => (reason === undefined ? [difference] : []));
  if (differences.length > 0) return { kind: 'differs', differences: differences.slice(0, shownDifferences) };
  const reasons = new Set(judged.flatMap(({ reason }) => reason ?? []));
  return reasons.size === 0 ? { kind: 'alike' } : { kind: 'kept', reasons: [...reasons] };
}

/** Fields by which the reference sorts without saying what comes first among equals. */
const withoutTieBreaker =
  /[?&]sort_by=(?:(?:asc|desc)(?::|%3A))?(user|pipeline|stack|model|project|snapshot|tags)(&|$)/;

function prepared({ status, body }: { status: number; body: Json }, path: string, operation: string): Json {
  if (isSet(operation) && Array.isArray(body)) return body.map((item) => JSON.stringify(item)).sort();
  const field = withoutTieBreaker.exec(path)?.[1];
  const items = at(body, 'items');
  if (status >= 400 || field === undefined || !isObject(body) || !Array.isArray(items)) return comparable(status, body);
  // The reference sorts by names of tags that it joins in any order.
  if (field === 'tags') return { ...body, items: items.length };
  // Of equals a page may show either: what they are sorted by is what must be alike.
  return { ...body, items: items.map((item) => sortedBy(item, field)) };
}

function sortedBy(item: Json, field: string): Json {
  return at(item, `resources.${field}.name`) ?? null;
}

function answerText({ status, body }: { status: number; body: Json }): string {
  return status < 400 ? String(status) : `${status} ${JSON.stringify(comparable(status, body)).slice(0, 300)}`;
}
