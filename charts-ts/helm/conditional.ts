import { isDeepStrictEqual } from 'node:util';

/** JSON, as manifests are. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A manifest, parts of which are there under conditions. */
export type Node =
  | { readonly kind: 'scalar'; readonly value: null | boolean | number | string }
  | { readonly kind: 'map'; readonly entries: Entry[] }
  | { readonly kind: 'list'; readonly items: Item[] }
  | { readonly kind: 'either'; readonly condition: string; readonly present: Node; readonly otherwise: Node };

interface Guarded {
  node: Node;
  /** Helm's expressions, all of which must hold. */
  readonly conditions: string[];
  /** Whether it is there only while something is switched off. */
  readonly onlyOff: boolean;
}

/** An entry of a map. */
export interface Entry extends Guarded {
  readonly key: string;
}

/** An element of a list. */
export interface Item extends Guarded {
  readonly source: Json;
}

/** A manifest that depends on nothing. */
export function toNode(value: Json): Node {
  if (isList(value)) return { kind: 'list', items: value.map((source) => item(source)) };
  if (isMap(value)) return { kind: 'map', entries: Object.entries(value).map(([key, child]) => entry(key, child)) };
  return { kind: 'scalar', value };
}

/**
 * Makes the parts of a manifest conditional that are not there, or others, where something is switched off.
 * @param node of the manifest with everything switched on; it is changed
 * @param off the same manifest with one thing switched off
 * @param condition Helm's expression that holds where it is on
 */
export function addCondition(node: Node, off: Json, condition: string): Node {
  if (node.kind === 'either') return addToEither(node, off, condition);
  if (node.kind === 'map' && isMap(off) && Object.keys(off).length > 0) return addToMap(node, off, condition);
  if (node.kind === 'list' && isList(off) && off.length > 0) return addToList(node, off, condition);
  if (node.kind === 'scalar' && node.value === off) return node;
  if (node.kind === 'list' && isList(off) && node.items.length === 0) return node;
  if (node.kind === 'map' && isMap(off) && node.entries.length === 0) return node;
  return { kind: 'either', condition, present: node, otherwise: toNode(off) };
}

function addToEither(node: Node & { kind: 'either' }, off: Json, condition: string): Node {
  const present = addCondition(node.present, off, condition);
  if (present.kind === 'either')
    throw new Error(`Two conditions decide on one value: ${node.condition} and ${condition}`);
  return { ...node, present };
}

function addToMap(node: Node & { kind: 'map' }, off: { readonly [key: string]: Json }, condition: string): Node {
  const entries = node.entries.filter(({ onlyOff }) => !onlyOff);
  for (const known of entries) {
    const other = off[known.key];
    if (other === undefined) known.conditions.push(condition);
    else known.node = addCondition(known.node, other, condition);
  }
  for (const [key, child] of Object.entries(off)) {
    if (!entries.some((known) => known.key === key))
      node.entries.push(entry(key, child, { conditions: [`not ${condition}`], onlyOff: true }));
  }
  return node;
}

function addToList(node: Node & { kind: 'list' }, off: readonly Json[], condition: string): Node {
  if (node.items.length === off.length) {
    for (const [index, known] of node.items.entries())
      known.node = addCondition(known.node, off[index] ?? null, condition);
    return node;
  }
  let next = 0;
  const missing = node.items.filter(({ source }) => {
    if (!isDeepStrictEqual(source, off[next])) return true;
    next += 1;
    return false;
  });
  if (next < off.length) return { kind: 'either', condition, present: node, otherwise: toNode(off) };
  for (const { conditions } of missing) conditions.push(condition);
  return node;
}

function entry(key: string, child: Json, { conditions = [] as string[], onlyOff = false } = {}): Entry {
  return { key, node: toNode(child), conditions, onlyOff };
}

function item(source: Json): Item {
  return { source, node: toNode(source), conditions: [], onlyOff: false };
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
