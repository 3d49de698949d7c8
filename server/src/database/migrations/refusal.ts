import { ZENML_REVISION } from './zenml-schema.ts';

/** Why a database is not ours to use. */
export type RefusalReason =
  | 'older'
  | 'newer'
  | 'unknown-revision'
  | 'incomplete'
  | 'foreign'
  | 'missing'
  | 'migrations-disabled';

/**
 * The database holds something that must not be touched. Nothing was changed; the message says what to do, and the
 * process ends with `EX_CONFIG`.
 */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
  /** `EX_CONFIG` of sysexits.h: a start will not succeed until somebody changes something. */
  readonly exitCode = 78;
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** @param revision what `alembic_version` says instead of ours. */
export function wrongRevision(database: string, revision: string): DatabaseRefused {
  const state = `The database "${database}" is at ZenML revision ${revision}; this server needs ${ZENML_REVISION}.`;
  const backup = 'Make a backup first.';
  switch (compareReleases(revision, ZENML_REVISION)) {
    case -1:
      return new DatabaseRefused(
        'older',
        `${state} Start the ZenML server ${ZENML_REVISION} on it once, which migrates it, and then this server again. ${backup}`,
      );
    case 1:
      return new DatabaseRefused(
        'newer',
        `${state} Use a release of this server that is made for ZenML ${revision}, or restore a backup of ${ZENML_REVISION}.`,
      );
    default:
      return new DatabaseRefused(
        'unknown-revision',
        `${state} That is no release's revision, so a migration has ended half way: finish it with the ZenML server ${ZENML_REVISION}, or restore a backup. ${backup}`,
      );
  }
}

/** @param missing some `table.column` that revision 0.98.0 has. */
export function incompleteSchema(database: string, missing: readonly string[]): DatabaseRefused {
  const some = missing.slice(0, 5).join(', ');
  const more = missing.length > 5 ? ` and ${missing.length - 5} more` : '';
  return new DatabaseRefused(
    'incomplete',
    `The database "${database}" says that it is at ZenML revision ${ZENML_REVISION}, but lacks ${some}${more}. Restore a complete backup, or give an empty database.`,
  );
}

/** @param tables some that are there. */
export function foreignDatabase(database: string, tables: readonly string[]): DatabaseRefused {
  const some = tables.slice(0, 5).join(', ');
  return new DatabaseRefused(
    'foreign',
    `The database "${database}" is not empty and not ZenML's: it has tables (${some}, …) but no revision in alembic_version. Give an empty database, or one that does not exist yet.`,
  );
}

/** @param user who may not make it. */
export function missingDatabase(database: string, user: string): DatabaseRefused {
  return new DatabaseRefused(
    'missing',
    `The database "${database}" does not exist, or is not "${user}"'s, who may not make it. Make it with "CREATE DATABASE \`${database}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci" and grant the user all privileges on it.`,
  );
}

/** @param steps what would have to be done. */
export function migrationsDisabled(steps: readonly string[]): DatabaseRefused {
  return new DatabaseRefused(
    'migrations-disabled',
    `The database lacks ${steps.join(', ')}, and DISABLE_DATABASE_MIGRATION forbids to add that. Start the server once without it.`,
  );
}

/** Order of two releases (`0.98.0`); `undefined` where one is none, such as the hash of a migration between releases. */
function compareReleases(a: string, b: string): -1 | 0 | 1 | undefined {
  const [left, right] = [a, b].map((release) => (/^\d+\.\d+\.\d+$/.test(release) ? release.split('.') : undefined));
  if (!left || !right) return undefined;
  for (const [index, part] of left.entries()) {
    const difference = Math.sign(Number(part) - Number(right[index]));
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return 0;
}
