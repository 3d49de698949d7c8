import type { Transaction } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { checkReference } from '../references.ts';
import * as links from './step-links-store.ts';

/** The artifact versions (API ids) by the names under which a step reports them. */
export function toLinks(artifacts: Readonly<Record<string, readonly string[]>>): links.OutputLink[] {
  return Object.entries(artifacts).flatMap(([name, ids]) => ids.map((id) => ({ name, artifactId: toDatabaseId(id) })));
}

/** @throws ApiError KeyError 404 for one that is not there or in another project */
export async function requireArtifacts(
  transaction: Transaction,
  projectId: string,
  artifacts: Readonly<Record<string, readonly links.OutputLink[]>>,
): Promise<void> {
  const ids = new Set(Object.values(artifacts).flatMap((list) => list.map((link) => link.artifactId)));
  const found = await links.findArtifactVersions(transaction, projectId, [...ids]);
  for (const [type, list] of Object.entries(artifacts)) {
    const missing = list.find((link) => !found.has(link.artifactId));
    if (!missing) continue;
    const reference = { table: 'artifact_version', id: missing.artifactId, type, projectId } as const;
    await checkReference(transaction, { ...reference, from: 'step run schema', operation: 'updated' });
  }
}
