import { setTimeout as sleep } from 'node:timers/promises';
import { workloadName } from '../launch.ts';
import { type ArchiveParts, FLUSH_AFTER } from './archive-parts.ts';
import { type ClaimedLog, endArchive, findLaunchProgress, LostClaimError } from './archive-store.ts';
import { cursorOfRotation } from './cursor.ts';
import { DueFlush } from './due-flush.ts';
import { LogBuffer } from './log-buffer.ts';
import { LogWriter } from './log-writer.ts';

/** So much is kept at once, bytes; no more than about twice of it is held. */
const PART_BYTES = 256 * 1024;
/** Stands where lines are missing. */
const ROTATED = 'Lines are missing here: the node had rotated the log before it was read on.';
/** Before a pod is looked at again, milliseconds. */
const PAUSE = 1_000;

/**
 * Keeps a log until its runner has ended. What was kept by others is not kept again.
 * @returns whether the log is complete; if not, it is to be followed again later
 * @throws {LostClaimError}
 */
export async function followLog(parts: ArchiveParts, claimed: ClaimedLog, signal: AbortSignal): Promise<boolean> {
  const follower = new LogFollower(parts, claimed, signal);
  return follower.run();
}

class LogFollower {
  readonly #parts: ArchiveParts;
  readonly #claimed: ClaimedLog;
  readonly #signal: AbortSignal;
  readonly #name: string;
  readonly #buffer = new LogBuffer();
  readonly #writer: LogWriter;
  /** After the last line that was read, and after the one before it. */
  #cursor: string | undefined;
  #previous: string | undefined;

  constructor(parts: ArchiveParts, claimed: ClaimedLog, signal: AbortSignal) {
    this.#parts = parts;
    this.#claimed = claimed;
    this.#signal = signal;
    this.#name = workloadName(claimed.runId, claimed.number);
    this.#writer = new LogWriter(parts, claimed, signal);
  }

  async run(): Promise<boolean> {
    const { db, manager } = this.#parts;
    if (!(await this.#writer.settle())) return false;
    this.#cursor = this.#writer.lastCursor;
    while (!this.#signal.aborted) {
      // Before the cluster is asked: once it is said to be launched, it is absent only if it is gone.
      const progress = await findLaunchProgress(db, this.#claimed);
      // The cluster is not asked again and again for what waits for its turn, or for its next try.
      if (progress === 'waits') return false;
      const { phase } = await manager.status(this.#name);
      const isAwaited = phase === 'absent' && progress === 'worked on';
      const isOver = !isAwaited && phase !== 'pending' && phase !== 'running';
      const before = this.#cursor;
      // Once it is over all of it is read again from the last line that is known: the stream may have broken off.
      const isRead = await this.#read(!isOver);
      if (this.#writer.gaveUp) return this.#end();
      if (this.#signal.aborted) return false;
      if (!isRead) continue;
      if (isOver) return this.#end();
      // Not even its image is being built: others may look after it next time.
      if (isAwaited && this.#cursor === before) return false;
      await sleep(PAUSE, undefined, { signal: this.#signal }).catch(() => undefined);
    }
    return false;
  }

  async #end(): Promise<boolean> {
    const since = `the log store could not be written to from ${this.#writer.outage} UTC on`;
    let gap: string | undefined;
    if (this.#writer.gaveUp) gap = `What was logged after this is not kept: ${since}.`;
    else if (this.#writer.outage !== undefined && !(await this.#isStillThere())) {
      gap = `Lines may be missing here: ${since}, and the runner was gone before its log was read to the end.`;
    }
    await endArchive(this.#parts.db, this.#claimed, gap);
    return true;
  }

  /** Whether the last line can still be read from where it came from: then nothing was lost meanwhile. */
  async #isStillThere(): Promise<boolean> {
    const after = this.#previous === undefined ? {} : { after: this.#previous };
    for await (const _line of this.#parts.manager.readLog(this.#name, { ...after, signal: this.#signal })) return true;
    return false;
  }

  /**
   * Reads on from the last line, and keeps what it reads: nothing waits any more afterwards, unless no more is to be kept.
   * @returns whether it came to an end and did not break off
   */
  async #read(follow: boolean): Promise<boolean> {
    const { manager, log, flushAfter = FLUSH_AFTER } = this.#parts;
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#signal, ending.signal]);
    const after = this.#cursor === undefined ? {} : { after: this.#cursor };
    const due = new DueFlush(() => this.#writer.write(this.#buffer), flushAfter, ending);
    try {
      for await (const line of manager.readLog(this.#name, { follow, signal, ...after })) {
        if (!(await due.settled())) return false;
        if (line.isAfterGap && this.#cursor !== undefined) {
          this.#buffer.add({ cursor: cursorOfRotation(this.#cursor), message: ROTATED, timestamp: undefined });
        }
        this.#buffer.add(line);
        this.#previous = this.#cursor;
        this.#cursor = line.cursor;
        due.start();
        // Nothing more is read while the bucket does not take it: the log waits where it is.
        if (this.#buffer.bytes >= PART_BYTES && !(await due.now())) return false;
      }
      return await due.now();
    } catch (error) {
      if (error instanceof LostClaimError) throw error;
      if (!this.#signal.aborted) log.warn({ err: error, workload: this.#name }, 'a log broke off; it is read again');
      await due.now();
      await sleep(PAUSE, undefined, { signal: this.#signal }).catch(() => undefined);
      return false;
    }
  }
}
