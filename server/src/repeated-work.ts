/** Work that is done again and again, never twice at once. */
export interface RepeatedWork {
  /** Has it done at once; where it is under way, once more after that: it may have missed what there is to do now. */
  wake(): void;
  /** Ends it, after what is under way. */
  stop(): Promise<void>;
}

/** Begins to do something, every so many milliseconds; what takes longer is not queued up. @param onError told of what it throws */
export function repeatWork(
  milliseconds: number,
  work: () => Promise<unknown>,
  onError: (error: unknown) => void,
): RepeatedWork {
  let working: Promise<void> | undefined;
  let isWoken = false;
  let isStopped = false;

  const run = async () => {
    do {
      isWoken = false;
      await work().catch(onError);
    } while (isWoken && !isStopped);
    working = undefined;
  };
  const begin = () => {
    if (!isStopped) working ??= run();
  };

  const timer = setInterval(begin, milliseconds);
  return {
    wake() {
      isWoken = true;
      begin();
    },
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await working;
    },
  };
}
