import { readFileSync } from 'node:fs';
import type { Transaction } from '../database/database.ts';
import { newId } from '../database/ids.ts';
import { now } from '../database/instants.ts';
import { readMembers } from '../json-members.ts';
import { insertFlavorRows, readFlavorReleases, rewriteFlavor } from './first-start-store.ts';

/** A flavor that ZenML brings: the columns of its row, ids and times apart. */
export interface CatalogueFlavor {
  readonly name: string;
  readonly type: string;
  /** Import path of the Python class. */
  readonly source: string;
  /** JSON schema of the configuration, as text: its `1.0` must not become `1`. */
  readonly config_schema: string;
  readonly display_name: string;
  readonly integration: string;
  readonly connector_type: string | null;
  readonly connector_resource_type: string | null;
  readonly connector_resource_id_attr: string | null;
  readonly logo_url: string | null;
  readonly docs_url: string | null;
  /** Has the release in it: it tells which release wrote a row. */
  readonly sdk_docs_url: string | null;
  readonly is_custom: false;
}

const FILE = new URL('../../data/flavors.json', import.meta.url);

/** The flavors of ZenML 0.98.0, in the order in which it registers them; the file has one on each line. */
export function readFlavorCatalogue(): CatalogueFlavor[] {
  const lines = readFileSync(FILE, 'utf8')
    .split('\n')
    .map((line) => line.trim().replace(/,$/, ''))
    .filter((line) => line.startsWith('{'));
  return lines.map((json) => ({
    ...(JSON.parse(json) as CatalogueFlavor),
    config_schema: readMembers(json)?.get('config_schema') ?? '{}',
  }));
}

/**
 * Inserts the flavors that are missing and rewrites others; custom ones stay as they are.
 * @param rewritten those that another release wrote, or all
 * @returns how many rows were written.
 */
export async function syncFlavors(transaction: Transaction, rewritten: 'outdated' | 'all'): Promise<number> {
  const catalogue = readFlavorCatalogue();
  const stored = await readFlavorReleases(transaction);
  const missing = catalogue.filter((flavor) => !stored.has(key(flavor)));
  const rewrite = catalogue.filter((flavor) => {
    const row = stored.get(key(flavor));
    return row !== undefined && !row.isCustom && (rewritten === 'all' || row.sdkDocsUrl !== flavor.sdk_docs_url);
  });
  const instant = now();
  await insertFlavorRows(
    transaction,
    // The reference registers a flavor without its display name, and adds that only when it rewrites it.
    missing.map((flavor) => ({
      id: newId(),
      created: instant,
      updated: instant,
      ...toColumns(flavor),
      display_name: null,
    })),
  );
  for (const flavor of rewrite) await rewriteFlavor(transaction, { updated: instant, ...toColumns(flavor) });
  return missing.length + rewrite.length;
}

function key({ type, name }: CatalogueFlavor): string {
  return `${type}/${name}`;
}

function toColumns(flavor: CatalogueFlavor) {
  return { ...flavor, is_custom: 0, user_id: null };
}
