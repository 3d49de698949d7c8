import { at, isObject, type Json } from '../servers/json.ts';

/** Ids with and without hyphens, and instants, wherever they stand in a text. */
const variable =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?/gi;
const instant = /^\d{4}-\d\d-\d\d[T ]/;
/** How far the clocks of a server and of this process, and the rounding of a column, may lie apart. */
const slackMilliseconds = 2_500;

/** A place where two answers differ, with what each has there. */
export interface Difference {
  /** Such as `items.0.body.status`; empty for the whole answer. */
  path: string;
  reference: Json | undefined;
  ours: Json | undefined;
}

/** Whether two values are equal; what differs between servers by nature is judged by a subclass. */
export class Correspondence {
  /** Texts that may be written differently, such as ids. Here: none. */
  sameVariable(reference: string, ours: string): boolean {
    return reference === ours;
  }

  sameText(reference: string, ours: string): boolean {
    if (reference === ours) {
      this.sawOnBoth(reference);
      return true;
    }
    const left = reference.match(variable) ?? [];
    const right = ours.match(variable) ?? [];
    if (left.length === 0 || left.length !== right.length) return false;
    if (reference.replace(variable, '\u0000') !== ours.replace(variable, '\u0000')) return false;
    return left.every((text, index) => this.sameVariable(text, right[index] ?? ''));
  }

  /** A list in an order that both sides share; here it is the order that the server gave. */
  inOrder(items: Json[], _side: 'reference' | 'ours'): Json[] {
    return items;
  }

  /** Told of each text that is the same on both sides. */
  protected sawOnBoth(_text: string): void {}

  /** Every place where the two differ. */
  differences(reference: Json | undefined, ours: Json | undefined, path = ''): Difference[] {
    if (typeof reference === 'string' && typeof ours === 'string')
      return this.sameText(reference, ours) ? [] : [{ path, reference, ours }];
    if (Array.isArray(reference) && Array.isArray(ours))
      return this.#arrays(this.inOrder(reference, 'reference'), this.inOrder(ours, 'ours'), path);
    if (isObject(reference) && isObject(ours)) {
      const keys = new Set([...Object.keys(reference), ...Object.keys(ours)]);
      return [...keys].flatMap((key) => this.differences(reference[key], ours[key], join(path, this.#nameOf(key))));
    }
    return reference === ours ? [] : [{ path, reference, ours }];
  }

  #arrays(reference: Json[], ours: Json[], path: string): Difference[] {
    if (reference.length !== ours.length)
      return [{ path: join(path, 'length'), reference: reference.length, ours: ours.length }];
    return reference.flatMap((item, index) => this.differences(item, ours[index], join(path, String(index))));
  }

  #nameOf(key: string): string {
    return key.replaceAll('.', '·');
  }
}

/**
 * Two servers that were sent the same writes: each made ids of its own, which must then correspond one to one, and
 * instants that must lie in the time of the test.
 */
export class WrittenCorrespondence extends Correspondence {
  readonly #ours = new Map<string, string>();
  readonly #reference = new Map<string, string>();
  readonly #chosen = new Set<string>();
  readonly #started: number;

  /** @param started since when the servers have run, milliseconds since 1970 */
  constructor(started: number) {
    super();
    this.#started = started;
  }

  override sameVariable(reference: string, ours: string): boolean {
    if (reference === ours) {
      this.sawOnBoth(reference);
      return true;
    }
    const times = [reference, ours].filter((text) => instant.test(text));
    if (times.length === 1) return false;
    return times.length === 2 ? this.#sameInstant(reference, ours) : this.#sameId(reference, ours);
  }

  /**
   * Entities that were made in the same second come in the order of their ids, which are random: lists of entities are
   * compared in the order of names, and of ids that are known to be the same.
   */
  override inOrder(items: Json[], side: 'reference' | 'ours'): Json[] {
    if (items.every((item) => isObject(item) && 'source' in item && 'target' in item)) return this.#edges(items, side);
    if (!items.every((item) => isObject(item) && ('id' in item || 'node_id' in item))) return items;
    const keyed = items.map((item) => {
      const [id, name] = [at(item, 'id'), at(item, 'node_id') ?? at(item, 'name')];
      return {
        item,
        key: `${typeof name === 'string' ? replaceVariables(name, (found) => this.nameOf(found, side)) : ''} ${this.nameOf(String(id), side)}`,
      };
    });
    return keyed
      .sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0))
      .map(({ item }) => item);
  }

  /** The edges of a graph name its nodes, some of which have ids of the server. */
  #edges(items: Json[], side: 'reference' | 'ours'): Json[] {
    const keyOf = (item: Json) =>
      replaceVariables(JSON.stringify([at(item, 'source'), at(item, 'target'), item]), (id) => this.nameOf(id, side));
    return [...items].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  }

  protected override sawOnBoth(text: string): void {
    for (const found of text.match(variable) ?? []) if (!instant.test(found)) this.#chosen.add(bare(found));
  }

  /** A name that both sides have in common for an id: the reference's where the pair has been seen in answers. */
  nameOf(id: string, side: 'reference' | 'ours'): string {
    const found = bare(id);
    if (side === 'ours')
      return this.#reference.get(found) ?? (this.#ours.has(found) ? 'unseen' : this.#fallback(found));
    return this.#ours.has(found) ? found : this.#fallback(found);
  }

  /** Ids that the scripts chose are the same on both sides; all others were never seen in an answer. */
  #fallback(id: string): string {
    return this.#chosen.has(id) ? id : 'unseen';
  }

  /** Whether this is the time of the test, so that the servers measured it. */
  isNow(text: string): boolean {
    const time = Date.parse(`${text.replace(' ', 'T')}Z`);
    return time >= this.#started - slackMilliseconds && time <= Date.now() + slackMilliseconds;
  }

  #sameInstant(reference: string, ours: string): boolean {
    return reference[10] === ours[10] && this.isNow(reference) && this.isNow(ours);
  }

  #sameId(reference: string, ours: string): boolean {
    if (reference.includes('-') !== ours.includes('-')) return false;
    const [left, right] = [bare(reference), bare(ours)];
    const known = this.#ours.get(left);
    if (known !== undefined || this.#reference.has(right)) return known === right;
    this.#ours.set(left, right);
    this.#reference.set(right, left);
    return true;
  }
}

/** Replaces the ids and instants of a text. */
export function replaceVariables(text: string, replacement: (found: string) => string): string {
  return text.replace(variable, replacement);
}

export function isInstant(text: string): boolean {
  return instant.test(text);
}

function bare(id: string): string {
  return id.replaceAll('-', '').toLowerCase();
}

function join(path: string, part: string): string {
  return path === '' ? part : `${path}.${part}`;
}
