import { sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Database } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { workloadName } from '../launch.ts';
import type { WorkloadLogLine, WorkloadManager } from '../manager.ts';

type LogEntry = Model<'LogEntry'>;

/** Reads what the runners of a run (database id) have logged, the first one first. */
export type ReadRunnerLog = (runId: string) => Promise<LogEntry[]>;

/** The most entries of one answer (ZenML 0.98.0 LOGS_MAX_ENTRIES_PER_REQUEST). */
const MAX_ENTRIES = 50_000;

/** A run has a runner for its start and one for each time that it was resumed. */
export function createRunnerLogReader(db: Database, manager: WorkloadManager): ReadRunnerLog {
  return async (runId) => {
    const { rows } = await sql<{ number: number }>`select number from ws_launch
      where run_id = ${runId} order by number`.execute(db);
    const entries: LogEntry[] = [];
    for (const { number } of rows) {
      for await (const line of manager.readLog(workloadName(fromDatabaseId(runId), number), {})) {
        const entry = toLogEntry(line);
        if (entry) entries.push(entry);
        if (entries.length === MAX_ENTRIES) return entries;
      }
    }
    return entries;
  };
}

const INFO = 20;

/** A line that is JSON has its parts; any other is a message. @returns nothing for an empty line */
function toLogEntry({ message, timestamp }: WorkloadLogLine): LogEntry | undefined {
  const text = message.trim();
  if (text === '') return undefined;
  const plain = { message: text, level: INFO, timestamp: timestamp?.toISOString() ?? null } as const;
  return { chunk_index: 0, total_chunks: 1, ...plain, ...partsOf(text) };
}

function partsOf(text: string): Partial<LogEntry> {
  if (!text.startsWith('{') || !text.endsWith('}')) return {};
  try {
    const parts = JSON.parse(text) as Partial<LogEntry>;
    return typeof parts.message === 'string' ? parts : {};
  } catch {
    return {};
  }
}
