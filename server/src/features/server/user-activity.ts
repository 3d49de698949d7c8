import type { Database } from '../../database/database.ts';
import { recordUserActivity } from './server-settings-store.ts';

/** How often activity is written at most, milliseconds (ZenML 0.98.0: 30 s). */
const INTERVAL = 30_000;

/**
 * Notes that a user was here, at most every 30 seconds and beside the request.
 * @param onError told where the note could not be written.
 */
export function createUserActivity(db: Database, onError: (error: unknown) => void): () => void {
  let reported = 0;
  return () => {
    if (Date.now() - reported < INTERVAL) return;
    reported = Date.now();
    recordUserActivity(db).catch(onError);
  };
}
