import type { Json } from './conditional.ts';

/** What a mark stands for. */
export interface Mark {
  /** Helm's expression of the value; of an element, the variable that holds it. */
  readonly expression: string;
  /** An `element` is all of the map that shows it. */
  readonly type: 'text' | 'integer' | 'map' | 'element';
  /** Where it is an element: what is gone through, as `$item := …`. */
  readonly range?: string;
}

const MARK = /helm(\d+)mark/g;

/**
 * Texts that stand for Helm's expressions while manifests are made with them. They pass as names, labels and paths, so that
 * constructs need not know.
 */
export class Marks {
  readonly #all: Mark[] = [];

  text(expression: string): string {
    return this.#add({ expression, type: 'text' });
  }

  integer(expression: string): string {
    return this.#add({ expression, type: 'integer' });
  }

  /** A map of texts whose entries only Helm knows: it stands for all of them, or where one is shown in a list, for each. */
  map(expression: string): Record<string, string> {
    const range = `$name, $value := ${expression}`;
    const key = this.#add({ expression: '$name', type: 'map', range });
    return { [key]: this.#add({ expression: '$value', type: 'text', range }) };
  }

  /** A list whose elements only Helm knows: one stands for each. */
  list(expression: string, type: 'text' | 'integer'): string[] {
    return [this.#add({ expression: '$item', type, range: `$item := ${expression}` })];
  }

  /** A list of maps: one stands for each. @param key that such a map may have, which shows the mark */
  listOfMaps(expression: string, key: string): Record<string, string>[] {
    return [{ [key]: this.#add({ expression: '$item', type: 'element', range: `$item := ${expression}` }) }];
  }

  /** Of a text: what is between the marks, and the marks. One text more than there are marks. */
  split(text: string): { readonly texts: readonly string[]; readonly marks: readonly Mark[] } {
    const marks = [...text.matchAll(MARK)].map(([, index]) => this.#at(Number(index)));
    return { texts: text.replaceAll(MARK, '\0').split('\0'), marks };
  }

  /** Whether the key of an entry stands for a whole map. */
  isMap(key: string): boolean {
    return this.split(key).marks[0]?.type === 'map';
  }

  /** What an element of a list is repeated for, where it is. */
  rangeOf(element: Json): string | undefined {
    const ranges = new Set(this.#rangesIn(element));
    if (ranges.size > 1) throw new Error(`An element depends on several lists: ${[...ranges].join('; ')}`);
    return [...ranges][0];
  }

  /** Lists in it have elements of their own, and whole maps are no elements. */
  #rangesIn(value: Json): string[] {
    if (typeof value === 'string') return this.split(value).marks.flatMap(({ range }) => range ?? []);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    return Object.entries(value).flatMap(([key, child]) => (this.isMap(key) ? [] : this.#rangesIn(child)));
  }

  #add(mark: Mark): string {
    return `helm${this.#all.push(mark) - 1}mark`;
  }

  #at(index: number): Mark {
    const mark = this.#all[index];
    if (mark === undefined) throw new Error(`There is no mark ${index}.`);
    return mark;
  }
}
