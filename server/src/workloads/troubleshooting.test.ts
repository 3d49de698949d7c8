import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The heads of the tables that say what to do about a message. */
const TABLES = /^\| (?:the run or|in the log, or)/;

/** The messages of the tables in docs/workload-managers.md; `…` stands for what differs. */
function documentedMessages(): readonly string[] {
  let isInTable = false;
  return readFileSync(join(root, 'docs', 'workload-managers.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      isInTable = TABLES.test(line) || (isInTable && line.startsWith('|'));
      if (!isInTable || TABLES.test(line)) return [];
      const [first = ''] = line.split(' | ');
      return [...first.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message);
    });
}

/** All that tests say, patterns without what keeps their characters from meaning something else. */
function textOfTests(): string {
  const filesOf = (folder: string, pattern: RegExp) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => pattern.test(file) && !file.endsWith('troubleshooting.test.ts'))
      .map((file) => readFileSync(join(root, folder, file), 'utf8'));
  return [...filesOf('server/src', /\.test\.ts$/), ...filesOf('test', /\.(?:ts|py)$/)].join('\n').replaceAll('\\', '');
}

const tests = textOfTests();

test.each(documentedMessages())('a test meets what the documentation explains: %s', (message) => {
  const fragments = message.split('…').map((fragment) => fragment.trim());
  const longest = fragments.reduce((one, other) => (other.length > one.length ? other : one));
  expect(tests).toContain(longest);
});
