import { setTimeout as sleep } from 'node:timers/promises';
import { fromDatabaseId, newId } from '../../database/ids.ts';
import { workloadName } from '../launch.ts';
import { type ArchiveParts, LEASE_SECONDS } from './archive-parts.ts';
import {
  beginPart,
  type ClaimedLog,
  dropPart,
  endPart,
  findBegunPart,
  findOutage,
  type LogPart,
  LostClaimError,
  noteOutage,
} from './archive-store.ts';
import type { LogBuffer } from './log-buffer.ts';

const PATIENCE = 15 * 60_000;
/** Between two tries, milliseconds. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

/** Writes the lines of a claimed log into the bucket, object by object, and writes down which of them count. */
export class LogWriter {
  readonly #parts: ArchiveParts;
  readonly #claimed: ClaimedLog;
  readonly #signal: AbortSignal;
  readonly #name: string;
  #lastCursor: string | undefined;
  #count: number;
  #outage: string | undefined;
  #gaveUp = false;

  constructor(parts: ArchiveParts, claimed: ClaimedLog, signal: AbortSignal) {
    this.#parts = parts;
    this.#claimed = claimed;
    this.#signal = signal;
    this.#name = workloadName(claimed.runId, claimed.number);
    this.#lastCursor = claimed.cursor;
    this.#count = claimed.parts;
  }

  /** After the last line that is kept. */
  get lastCursor(): string | undefined {
    return this.#lastCursor;
  }

  /** Since when the bucket could not be written to, if that was so; UTC. */
  get outage(): string | undefined {
    return this.#outage;
  }

  /** Whether the bucket was away for so long that the rest of the log is not kept. */
  get gaveUp(): boolean {
    return this.#gaveUp;
  }

  /**
   * Finds out how far the log is kept: what was begun by another replica counts where its object is there.
   * @returns whether the bucket could tell
   * @throws {LostClaimError}
   */
  async settle(): Promise<boolean> {
    const { db, store, log } = this.#parts;
    this.#outage = await findOutage(db, this.#claimed);
    const begun = await findBegunPart(db, this.#claimed);
    if (!begun) return true;
    const thing = await store.stat(begun.name).catch((error: unknown) => {
      log.warn({ err: error, workload: this.#name }, 'the log store cannot be read; it is tried again');
      return 'unknown' as const;
    });
    if (thing === 'unknown') return false;
    if (thing?.kind !== 'file' || thing.size !== begun.bytes) {
      await dropPart(db, this.#claimed, begun, LEASE_SECONDS);
    } else {
      await endPart(db, this.#claimed, begun);
      this.#advance(begun);
    }
    return true;
  }

  /**
   * Keeps what waits, however long bucket and database are away: the lines may be nowhere else by then.
   * @returns whether it is kept: not where it was given up, or the server stops
   * @throws {LostClaimError}
   */
  async write(buffer: LogBuffer): Promise<boolean> {
    if (buffer.isEmpty) return true;
    const { db } = this.#parts;
    const { content, lines, lastCursor } = buffer.take();
    const number = this.#count + 1;
    const part: LogPart = { part: number, name: this.#nameOf(number), lastCursor, lines, bytes: content.length };
    const isKept =
      (await this.#note(() => beginPart(db, this.#claimed, part, LEASE_SECONDS))) &&
      (await this.#store(part.name, content)) &&
      (await this.#note(() => endPart(db, this.#claimed, part)));
    if (isKept) this.#advance(part);
    return isKept;
  }

  #advance({ part, lastCursor }: LogPart): void {
    this.#count = part;
    this.#lastCursor = lastCursor;
  }

  /** A name of its own for each try: who has lost its claim overwrites nothing. */
  #nameOf(part: number): string {
    const file = `${String(part).padStart(6, '0')}-${newId().slice(0, 8)}.log`;
    return `${this.#parts.root}/${fromDatabaseId(this.#claimed.runId)}/${this.#name}/${file}`;
  }

  /** @returns whether it is done: not where it was given up, or the server stops */
  async #store(name: string, content: Buffer): Promise<boolean> {
    const { db, store, log, patience = PATIENCE } = this.#parts;
    let over: number | undefined;
    for (let pause = FIRST_PAUSE; ; pause = await this.#rest(pause)) {
      try {
        await store.write(name, content);
        return true;
      } catch (error) {
        if (pause === FIRST_PAUSE) log.warn({ err: error, workload: this.#name }, 'the log store cannot be written to');
      }
      const isNoted = await this.#note(async () => {
        await noteOutage(db, this.#claimed);
        this.#outage ??= await findOutage(db, this.#claimed);
      });
      if (!isNoted || this.#signal.aborted) return false;
      if (await this.#isOver()) over ??= Date.now();
      if (over !== undefined && Date.now() - over >= patience) {
        this.#gaveUp = true;
        return false;
      }
    }
  }

  /**
   * Writes something down that may be written down twice: it is not known what a connection that was lost has done.
   * @returns whether it is done: not where the server stops
   */
  async #note(work: () => Promise<void>): Promise<boolean> {
    for (let pause = FIRST_PAUSE; ; pause = await this.#rest(pause)) {
      try {
        await work();
        return true;
      } catch (error) {
        if (error instanceof LostClaimError) throw error;
        if (pause === FIRST_PAUSE) {
          this.#parts.log.warn(
            { err: error, workload: this.#name },
            'what is kept of a log was not written down; it is tried again',
          );
        }
      }
      if (this.#signal.aborted) return false;
    }
  }

  /** @returns the next pause, milliseconds */
  async #rest(pause: number): Promise<number> {
    await sleep(pause, undefined, { signal: this.#signal }).catch(() => undefined);
    return Math.min(pause * 2, LONGEST_PAUSE);
  }

  async #isOver(): Promise<boolean> {
    const { phase } = await this.#parts.manager.status(this.#name).catch(() => ({ phase: 'running' }));
    return phase !== 'pending' && phase !== 'running';
  }
}
