/** A flush a while after the first line that waits, also when no other comes. */
export class DueFlush {
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
