import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import { fromDatabaseId, newId } from '../../database/ids.ts';
import { workloadName } from '../launch.ts';
import type { WorkloadManager } from '../manager.ts';
import {
  beginPart,
  type ClaimedLog,
  dropPart,
  endArchive,
  endPart,
  findBegunPart,
  findLaunchProgress,
  findOutage,
  type LogPart,
  LostClaimError,
  noteOutage,
} from './archive-store.ts';
import { LogBuffer } from './log-buffer.ts';
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
}

/*
 * What may be lost, where a pod goes without leaving its log behind, is what it logged in the last 5 s: also where its replica
 * died shortly before. In the worst case that is what waited to be kept (FLUSH_AFTER), and what came until another replica
 * read on: when the claim had ended (LEASE_SECONDS) and it looked for such logs (twice a second). That leaves a second and a
 * half for the database, the bucket and the cluster.
 */

/** How long a claim holds without being renewed, seconds: so long a log waits after its replica has died. */
export const LEASE_SECONDS = 2;
/** So much is kept at once, bytes; no more than about twice of it is held. */
const PART_BYTES = 256 * 1024;
const FLUSH_AFTER = 1_000;
const PATIENCE = 15 * 60_000;
/** Stands where lines are missing. */
const ROTATED = 'Lines are missing here: the node had rotated the log before it was read on.';
/** Before a pod is looked at again, milliseconds. */
const PAUSE = 1_000;
const LONGEST_PAUSE = 10_000;

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
  /** After the last line that was read, and after the one before it. */
  #cursor: string | undefined;
  #previous: string | undefined;
  #kept: string | undefined;
  #count: number;
  /** Since when the bucket could not be written to, if that was so. */
  #outage: string | undefined;
  #gaveUp = false;

  constructor(parts: ArchiveParts, claimed: ClaimedLog, signal: AbortSignal) {
    this.#parts = parts;
    this.#claimed = claimed;
    this.#signal = signal;
    this.#name = workloadName(claimed.runId, claimed.number);
    this.#cursor = claimed.cursor;
    this.#kept = claimed.cursor;
    this.#count = claimed.parts;
  }

  async run(): Promise<boolean> {
    const { db, manager } = this.#parts;
    this.#outage = await findOutage(db, this.#claimed);
    if (!(await this.#settle())) return false;
    while (!this.#signal.aborted) {
      // Before the cluster is asked: once it is said to be launched, it is absent only if it is gone.
      const progress = await findLaunchProgress(db, this.#claimed);
      // The cluster is not asked again and again for what waits for its turn, or for its next try.
      if (progress === 'waits') break;
      const { phase } = await manager.status(this.#name);
      const isAwaited = phase === 'absent' && progress === 'worked on';
      const isOver = !isAwaited && phase !== 'pending' && phase !== 'running';
      const before = this.#cursor;
      // Once it is over all of it is read again from the last line that is known: the stream may have broken off.
      const isRead = await this.#read(!isOver);
      if (this.#gaveUp) return this.#end();
      if (this.#signal.aborted) break;
      if (!isRead) continue;
      if (isOver) return this.#end();
      // Not even its image is being built: others may look after it next time.
      if (isAwaited && this.#cursor === before) return false;
      await sleep(PAUSE, undefined, { signal: this.#signal }).catch(() => undefined);
    }
    await this.#flush();
    return false;
  }

  async #end(): Promise<boolean> {
    const { db } = this.#parts;
    if (!(await this.#flush()) && !this.#gaveUp) return false;
    const since = `the log store could not be written to from ${this.#outage} UTC on`;
    let gap: string | undefined;
    if (this.#gaveUp) gap = `What was logged after this is not kept: ${since}.`;
    else if (this.#outage !== undefined && !(await this.#isStillThere())) {
      gap = `Lines may be missing here: ${since}, and the runner was gone before its log was read to the end.`;
    }
    await endArchive(db, this.#claimed, gap);
    return true;
  }

  /** Whether the last line can still be read from where it came from: then nothing was lost meanwhile. */
  async #isStillThere(): Promise<boolean> {
    const after = this.#previous === undefined ? {} : { after: this.#previous };
    for await (const _line of this.#parts.manager.readLog(this.#name, { ...after, signal: this.#signal })) return true;
    return false;
  }

  /** What was begun by another replica counts where its object is there. @returns whether the bucket could tell */
  async #settle(): Promise<boolean> {
    const { db, store, log } = this.#parts;
    const begun = await findBegunPart(db, this.#claimed);
    if (!begun) return true;
    try {
      const thing = await store.stat(begun.name);
      if (thing?.kind !== 'file' || thing.size !== begun.bytes) {
        await dropPart(db, this.#claimed, begun, LEASE_SECONDS);
      } else {
        await endPart(db, this.#claimed, begun);
        this.#cursor = begun.lastCursor;
        this.#kept = begun.lastCursor;
        this.#count = begun.part;
      }
      return true;
    } catch (error) {
      if (error instanceof LostClaimError) throw error;
      log.warn({ err: error, workload: this.#name }, 'the log store cannot be read; it is tried again');
      return false;
    }
  }

  /** Reads on from the last line, and keeps what it reads. @returns whether it came to an end and did not break off */
  async #read(follow: boolean): Promise<boolean> {
    const { manager, log, flushAfter = FLUSH_AFTER } = this.#parts;
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#signal, ending.signal]);
    const after = this.#cursor === undefined ? {} : { after: this.#cursor };
    const due = new DueFlush(() => this.#flush(), flushAfter, ending);
    try {
      for await (const line of manager.readLog(this.#name, { follow, signal, ...after })) {
        if (!(await due.settled())) return false;
        if (line.isAfterGap && this.#cursor !== undefined) {
          this.#buffer.add({ cursor: this.#cursor, message: ROTATED, timestamp: undefined });
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

  /** Keeps what waits. @returns whether it is kept: not where it was given up, or the server stops */
  async #flush(): Promise<boolean> {
    if (this.#buffer.isEmpty) return true;
    const { content, lines, lastCursor } = this.#buffer.take();
    const part = this.#count + 1;
    const { root } = this.#parts;
    // A name of its own for each try: who has lost its claim overwrites nothing.
    const file = `${String(part).padStart(6, '0')}-${newId().slice(0, 8)}.log`;
    const name = `${root}/${fromDatabaseId(this.#claimed.runId)}/${this.#name}/${file}`;
    const kept = await this.#write({ part, name, lastCursor, lines, bytes: content.length }, content);
    if (kept) {
      this.#count = part;
      this.#kept = lastCursor;
    } else {
      // What was taken is read again, if it is tried again.
      this.#cursor = this.#kept;
    }
    return kept;
  }

  async #write(part: LogPart, content: Buffer): Promise<boolean> {
    const { db, store, log, patience = PATIENCE } = this.#parts;
    await beginPart(db, this.#claimed, part, LEASE_SECONDS);
    let over: number | undefined;
    for (let pause = PAUSE / 2; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        await store.write(part.name, content);
        await endPart(db, this.#claimed, part);
        return true;
      } catch (error) {
        if (error instanceof LostClaimError) throw error;
        if (pause === PAUSE / 2) log.warn({ err: error, workload: this.#name }, 'the log store cannot be written to');
        await noteOutage(db, this.#claimed);
        this.#outage ??= await findOutage(db, this.#claimed);
      }
      if (this.#signal.aborted) return false;
      if (await this.#isOver()) over ??= Date.now();
      if (over !== undefined && Date.now() - over >= patience) {
        this.#gaveUp = true;
        return false;
      }
      await sleep(pause, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }

  async #isOver(): Promise<boolean> {
    const { phase } = await this.#parts.manager.status(this.#name).catch(() => ({ phase: 'running' }));
    return phase !== 'pending' && phase !== 'running';
  }
}

/** A flush a while after the first line that waits, also when no other comes. */
class DueFlush {
  readonly #flush: () => Promise<boolean>;
  readonly #delay: number;
  readonly #reading: AbortController;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<boolean> | undefined;

  /** @param reading ended where the flush does not succeed, as its end may be far off */
  constructor(flush: () => Promise<boolean>, delay: number, reading: AbortController) {
    this.#flush = flush;
    this.#delay = delay;
    this.#reading = reading;
  }

  start(): void {
    this.#timer ??= setTimeout(() => {
      const running = this.#flush();
      this.#running = running;
      running.then(
        (kept) => kept || this.#reading.abort(),
        () => this.#reading.abort(),
      );
    }, this.#delay);
  }

  /** Waits for a flush that is under way. @returns whether it kept the lines */
  async settled(): Promise<boolean> {
    if (!this.#running) return true;
    const kept = await this.#running;
    this.#running = undefined;
    this.#timer = undefined;
    return kept;
  }

  /** Flushes at once. */
  async now(): Promise<boolean> {
    if (!(await this.settled())) return false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#flush();
  }
}
