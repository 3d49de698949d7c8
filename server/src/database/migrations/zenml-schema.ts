import { readFileSync } from 'node:fs';

/** The release whose tables these are, and the revision that its migrations (Alembic) write for them. */
export const ZENML_REVISION = '0.98.0';

const FOLDER = new URL('../../../data/schema/', import.meta.url);

/** The statements that make the tables, each of which does nothing where its table exists. */
export function readSchemaStatements(): string[] {
  return readFileSync(new URL(`zenml-${ZENML_REVISION}.sql`, FOLDER), 'utf8')
    .replace(/^--.*$/gm, '')
    .split(';\n')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/** Every column as `table.column`. */
export function readSchemaColumns(): Set<string> {
  const lines = readFileSync(new URL('columns.tsv', FOLDER), 'utf8').trimEnd().split('\n');
  return new Set(lines.map((line) => line.split('\t', 2).join('.')));
}
