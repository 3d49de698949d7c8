/** Does work once for all who ask for it at the same time. The work ends early when all of them have gone. */
export type ShareWork = <Result>(
  key: string,
  signal: AbortSignal,
  work: (ending: AbortSignal) => Promise<Result>,
) => Promise<Result>;

interface Shared {
  readonly result: Promise<unknown>;
  readonly controller: AbortController;
  waiting: number;
}

/** Makes one that remembers nothing once the work is done. The same key must always mean the same work. */
export function createSharedWork(): ShareWork {
  const running = new Map<string, Shared>();
  return async <Result>(key: string, signal: AbortSignal, work: (ending: AbortSignal) => Promise<Result>) => {
    signal.throwIfAborted();
    const shared = running.get(key) ?? begin(running, key, work);
    shared.waiting++;
    try {
      return (await Promise.race([shared.result, rejectionOf(signal)])) as Result;
    } finally {
      if (--shared.waiting === 0 && signal.aborted) {
        if (running.get(key) === shared) running.delete(key);
        shared.controller.abort(signal.reason);
        // What it had begun is undone before its asker goes on.
        await shared.result.catch(() => {});
      }
    }
  };
}

function begin(running: Map<string, Shared>, key: string, work: (ending: AbortSignal) => Promise<unknown>): Shared {
  const controller = new AbortController();
  const result = work(controller.signal).finally(() => {
    if (running.get(key) === shared) running.delete(key);
  });
  const shared: Shared = { result, controller, waiting: 0 };
  running.set(key, shared);
  return shared;
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
