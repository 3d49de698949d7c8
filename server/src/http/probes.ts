import type { Request, Response } from 'express';
import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { HttpError } from '../http-error.ts';

/** Whether the server is about to stop; set once. */
export interface Draining {
  readonly active: boolean;
}

/** Lists what is wrong beside the database, one line each. */
export type ListProblems = () => Promise<readonly string[]>;

/** How long `/ready` waits for the database, milliseconds. */
const READY_TIMEOUT = 2_000;

/** `/health`: the process answers. It stays well while draining, so that nothing restarts what is about to end. */
export function health(_request: Request, response: Response): void {
  response.type('text/plain').send('ok');
}

/**
 * `/ready`: the database is reachable and migrated (the server does not listen before), and the server is not stopping.
 * `/ready?verbose` lists what is wrong elsewhere: a cluster that cannot be reached must not take the API away.
 */
export function readiness(db: Database, draining: Draining, listProblems: ListProblems) {
  return async (request: Request, response: Response): Promise<void> => {
    if (draining.active) throw new HttpError(503, { detail: 'The server is shutting down.' }, { 'Retry-After': '5' });
    const timeout = new Promise<never>((_resolve, reject) => {
      const error = new HttpError(503, { detail: 'The database does not answer.' }, { 'Retry-After': '1' });
      setTimeout(() => reject(error), READY_TIMEOUT).unref();
    });
    await Promise.race([sql`select 1`.execute(db), timeout]);
    const problems = 'verbose' in request.query ? await listProblems() : [];
    response.type('text/plain').send(['ok', ...problems].join('\n'));
  };
}
