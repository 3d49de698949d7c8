/** What is done once for all who ask for it, and what each of them brings. */
export interface SharedWork<Result, News> {
  /** Ends the waiting of this one. */
  readonly signal: AbortSignal;
  /** `ending` ends it; what it tells, all hear who wait. */
  readonly work: (ending: AbortSignal, tell: (news: News) => void) => Promise<Result>;
  /** Told of all news, also those from before it came. */
  readonly hear: (news: News) => void;
}

/** Does work once for all who ask for it at the same time. The work ends early when all of them have gone. */
export type ShareWork<News> = <Result>(key: string, shared: SharedWork<Result, News>) => Promise<Result>;

interface Running<News> {
  readonly result: Promise<unknown>;
  readonly controller: AbortController;
  readonly news: News[];
  readonly waiting: Set<(news: News) => void>;
}

/** Makes one that remembers nothing once the work is done. The same key must always mean the same work. */
export function createSharedWork<News>(): ShareWork<News> {
  const running = new Map<string, Running<News>>();
  return async <Result>(key: string, { signal, work, hear }: SharedWork<Result, News>) => {
    signal.throwIfAborted();
    const shared = running.get(key) ?? begin(running, key, work);
    // Its own, because another may hear with the same function.
    const listener = (news: News) => hear(news);
    shared.waiting.add(listener);
    shared.news.forEach(listener);
    try {
      return (await Promise.race([shared.result, rejectionOf(signal)])) as Result;
    } finally {
      shared.waiting.delete(listener);
      if (shared.waiting.size === 0 && signal.aborted) {
        if (running.get(key) === shared) running.delete(key);
        shared.controller.abort(signal.reason);
        // What it had begun is undone before its asker goes on.
        await shared.result.catch(() => {});
      }
    }
  };
}

function begin<News>(
  running: Map<string, Running<News>>,
  key: string,
  work: SharedWork<unknown, News>['work'],
): Running<News> {
  const controller = new AbortController();
  const news: News[] = [];
  const waiting = new Set<(news: News) => void>();
  const tell = (one: News) => {
    news.push(one);
    for (const hear of waiting) hear(one);
  };
  const result = work(controller.signal, tell).finally(() => {
    if (running.get(key) === shared) running.delete(key);
  });
  const shared: Running<News> = { result, controller, news, waiting };
  running.set(key, shared);
  return shared;
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
