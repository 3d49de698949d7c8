import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import type { WorkloadManager } from '../manager.ts';
import type { LogStore } from './log-store.ts';

/** What logs are kept with. */
export interface ArchiveParts extends LogStore {
  readonly db: Database;
  readonly manager: Pick<WorkloadManager, 'readLog' | 'status'>;
  readonly log: Logger;
  /** How long lines may wait before they are kept, milliseconds. */
  readonly flushAfter?: number;
  /** How long the bucket is tried once a runner has ended, milliseconds. */
  readonly patience?: number;
  /** How long a stop waits for what is being kept, milliseconds. */
  readonly stopPatience?: number;
}

/*
 * What may be lost, where a pod goes without leaving its log behind, is what it logged in the last 5 s: also where its replica
 * died shortly before. In the worst case that is what waited to be kept (FLUSH_AFTER), and what came until another replica
 * read on: when the claim had ended (LEASE_SECONDS) and it looked for such logs (twice a second). That leaves a second and a
 * half for the database, the bucket and the cluster.
 */

/** How long lines wait before they are kept where nothing else is said, milliseconds. */
export const FLUSH_AFTER = 1_000;
/** How long a claim holds without being renewed, seconds: so long a log waits after its replica has died. */
export const LEASE_SECONDS = 2;
