import type { Connection } from '../../database/database.ts';
import { ApiError, valueError } from '../../errors.ts';
import type { ResolveProject } from '../../listing/lister.ts';
import { findProject } from './projects-read-model.ts';

/** How long a project's name stands for its id without asking again, milliseconds. */
const LIFETIME = 2_000;
const MAX_ENTRIES = 1_000;

/** Finds the project that a list shows; kept for a moment, because every list asks for it. */
export interface ProjectScope {
  readonly resolve: ResolveProject;
  /** Forgets everything after a project was changed by this process. */
  forget(): void;
}

/** @param defaultProjectName the project of a list that names none. */
export function createProjectScope(defaultProjectName: string): ProjectScope {
  const known = new Map<string, { id: string; until: number }>();
  return {
    async resolve(connection, nameOrId) {
      const key = nameOrId ?? defaultProjectName;
      const entry = known.get(key);
      if (entry && entry.until > Date.now()) return entry.id;
      const id = nameOrId ? (await findProject(connection, nameOrId)).id : await findDefault(connection, key);
      if (known.size >= MAX_ENTRIES) known.clear();
      known.set(key, { id, until: Date.now() + LIFETIME });
      return id;
    },
    forget: () => known.clear(),
  };
}

async function findDefault(connection: Connection, name: string): Promise<string> {
  try {
    return (await findProject(connection, name)).id;
  } catch (error) {
    if (error instanceof ApiError && error.name === 'KeyError')
      throw valueError('Project scope missing from the filter');
    throw error;
  }
}
