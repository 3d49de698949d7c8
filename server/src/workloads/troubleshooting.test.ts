import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** The heads of the tables that say what to do about a message. */
const TABLES = /^\| (?:the run or|in the log, or)/;

/** The messages of the tables in docs/workload-managers.md; `…` stands for what differs. */
function documentedMessages(): readonly string[] {
  let isInTable = false;
  return read('docs/workload-managers.md')
    .split('\n')
    .flatMap((line) => {
      isInTable = TABLES.test(line) || (isInTable && line.startsWith('|'));
      if (!isInTable || TABLES.test(line)) return [];
      const [first = ''] = line.split(' | ');
      return [...first.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message);
    });
}

/** Which test provokes what, by file and name. */
const PROVOKED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'test/cluster/manager.test.ts': {
    'a pod that no node takes says why': ['no node can run its pod: …'],
    'an evicted pod is told from one that was deleted': ['its pod was evicted', 'its pod was deleted'],
    'a quota that takes the Job and not its pod is the reason for which it waits': [
      'The quota … takes no pod of a runner: …',
    ],
    'a quota is waited for, and said': ['exceeded quota', 'The namespace … takes no Job: …'],
    'a service account that does not exist says so': [
      'the service account … does not exist',
      'Whether the service account … exists …',
    ],
    'an administrator is told of a missing namespace, service account and pull secret': [
      'The namespace … does not exist.',
      'The pull secret … does not exist …',
    ],
    'credentials that it does not accept any more are named as such': ["… the server's credentials …"],
    'whose plugin gives nothing says why': ['… gets no credentials for it: …'],
    'everything that is missing is told at once': ['The server may not …'],
  },
  'test/cluster/reconciler.test.ts': {
    'a run whose pod runs out of memory or is evicted says so, with the last line and event': [
      'killed: out of memory (limit …)',
    ],
    'what happened while no server ran is told by the next one, and what no run needs is removed': [
      'its process ended with exit code …',
    ],
  },
  'test/cluster/logs.test.ts': {
    'a log that its node has rotated before it was read on says that lines are missing': [
      'Lines are missing here: the node had rotated …',
    ],
  },
  'test/builders/image-builder.test.ts': {
    'that runs out of memory says so': ['… killed: out of memory?'],
    'that pushes to a registry which makes no repositories says so': ['the registry has no repository …'],
    'says which step failed, and with what': ['step 3/3 (RUN …) ended with exit code …'],
    'pushes with the pull secret, which the server looks images up with': [
      'the pull secret … cannot be used: …',
      'the registry refuses the push of …',
    ],
    'that the namespace refuses says what to change: it has to be ${allowing}': [
      "The namespace's Pod Security Standard … refuses the builder",
    ],
    'that the cluster’s seccomp profile keeps from starting says what to do': ['BuildKit does not start: …'],
    'whose image cannot be pulled says so and goes': [
      'The builder of its image did not start within …',
      'the image … cannot be pulled: …',
    ],
  },
  'test/images/preparation.test.ts': {
    'not used where its registry has none of that name, and used where the registry does not answer': [
      'The registry … has no …',
    ],
    'nothing is built for a registry that does not answer, and another try may go through': [
      'the registry … cannot be reached: …',
    ],
    'missing where the snapshot has none': ['The build of the snapshot has no image for its orchestrator'],
  },
  'test/stores/log-archive.test.ts': {
    'a run goes on while the store cannot be reached, and what was not kept is named': [
      'What was logged after this is not kept: …',
      'Lines may be missing here: the log store …',
      'The log store … cannot be read: …',
    ],
  },
  'server/src/workloads/kubernetes/diagnosis.test.ts': {
    'a permission that is not known, and a check that fails, hide nothing of the rest': [
      'The cluster cannot say whether the server may …',
    ],
  },
  'server/src/workloads/logs/runner-log.test.ts': {
    'a long log is read page by page, and an answer that is cut off says so': [
      'The log goes on: these are its first … entries.',
    ],
  },
};

/** What a test says, patterns without what keeps their characters from meaning something else. */
function textOfTest(file: string, name: string): string {
  const lines = read(file).split('\n');
  const begins = (line: string) => /^ *(?:test|inLongRun|describe)\b/.test(line);
  const named = ["'", '"', '`'].map((quote) => `(${quote}${name}${quote},`);
  const start = lines.findIndex((line) => begins(line) && named.some((text) => line.includes(text)));
  expect({ name, start }).not.toEqual({ name, start: -1 });
  const rest = lines.slice(start + 1);
  const end = rest.findIndex(begins);
  return rest
    .slice(0, end === -1 ? undefined : end)
    .join('\n')
    .replaceAll('\\', '');
}

const provoked = Object.entries(PROVOKED).flatMap(([file, tests]) =>
  Object.entries(tests).flatMap(([name, messages]) => messages.map((message) => [message, file, name] as const)),
);

test.each(provoked)('%s is what %s provokes: %s', (message, file, name) => {
  const text = textOfTest(file, name);
  for (const fragment of message.split('…')) expect(text).toContain(fragment.trim());
});

test('a test provokes what the documentation explains, and nothing is left out', () => {
  expect(provoked.map(([message]) => message).toSorted()).toEqual(documentedMessages().toSorted());
});
