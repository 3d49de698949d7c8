import type { RunnerLog } from '../../workloads/logs/runner-log.ts';
import type { ReadLogEntries } from './log-entries.ts';

/** What logs are read with. */
export interface LogReaders {
  readonly readEntries: ReadLogEntries;
  /** Left out where there is no workload manager. */
  readonly runnerLog: RunnerLog | undefined;
  /** The most entries of one answer. */
  readonly limit: number;
}
