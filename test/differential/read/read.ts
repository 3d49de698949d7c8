import type { HttpClient } from '../../servers/http-client.ts';
import { Correspondence } from '../correspondence.ts';
import { judge } from '../judge.ts';
import { operationOf } from '../operations.ts';
import type { Report } from '../report.ts';

/** One server with a login of its own. */
export interface Reader {
  client: HttpClient;
  headers: Record<string, string>;
}

const atOnce = 3;
const progressMilliseconds = 15_000;

/**
 * Asks both servers, which look at the same database, for everything and compares the answers.
 * @param deadline when to end, in milliseconds
 * @param share of the paths that is asked for however long it takes; every operation has its turn
 */
export async function compareReads(
  paths: string[],
  reference: Reader,
  ours: Reader,
  report: Report,
  deadline: number,
  share: number,
): Promise<void> {
  const correspondence = new Correspondence();
  const missing = new Set<string>();
  const waiting = spread(paths);
  const operations = new Set(paths.map((path) => operationOf('GET', path))).size;
  const least = Math.max(operations, share * paths.length);
  let done = 0;
  const timer = setInterval(() => console.log(`  ${done} of ${paths.length} reads`), progressMilliseconds);
  const work = async () => {
    while (done < least || Date.now() < deadline) {
      const path = waiting.shift();
      if (path === undefined) return;
      const operation = operationOf('GET', path);
      done += 1;
      if (missing.has(operation)) continue;
      const own = await ours.client.send({ method: 'GET', path, headers: ours.headers });
      // An operation that is not there needs no second request to the slower server.
      if (own.status === 501) {
        missing.add(operation);
        report.add({ part: 'read', operation, request: `GET ${path}` }, { kind: 'not implemented' });
        continue;
      }
      const theirs = await reference.client.send({ method: 'GET', path, headers: reference.headers });
      const verdict = judge({ method: 'GET', path, answers: [theirs, own] }, correspondence);
      report.add({ part: 'read', operation, request: `GET ${path}` }, verdict);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  clearInterval(timer);
  if (waiting.length > 0) console.log(`  ${waiting.length} reads left out: the time is over`);
}

/** In an order in which, wherever one stops, every operation has had its turn; the same order each time. */
function spread(paths: string[]): string[] {
  const groups = [...Map.groupBy(paths, (path) => operationOf('GET', path)).values()];
  const longest = Math.max(0, ...groups.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) => groups.flatMap((group) => group.slice(index, index + 1))).flat();
}
