import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { answerWith, refusal, startTestApiServer } from '../../testing/test-api-server.ts';
import { TEST_JOBS, testWorkload } from '../../testing/test-workloads.ts';
import { WorkloadError } from '../manager.ts';
import { launchJob } from './launch-job.ts';

const SETTINGS = { ...TEST_JOBS, namespace: 'runners', serverId: '22222222-2222-4222-8222-222222222222' };
const WORKLOAD = testWorkload('zenml-run-1', '11111111-1111-4111-8111-111111111111', '');

/** What is answered to requests of a kind, one after the other. */
type Answers = Readonly<Record<string, readonly object[]>>;

/** A cluster that answers each kind of request in turn. @returns also what was asked of it */
async function startCluster(answers: Answers) {
  const asked: string[] = [];
  const server = await startTestApiServer(async (request, response) => {
    const what = nameOf(request);
    await text(request);
    const count = asked.filter((one) => one === what).length;
    asked.push(what);
    answerWith(response, answers[what]?.[count] ?? refusal(500, 'InternalError', `unexpected: ${what}`));
  });
  const launch = async () => {
    try {
      return await launchJob(server.cluster, WORKLOAD, SETTINGS, async () => 'secret');
    } finally {
      await server.stop();
    }
  };
  return { launch, asked };
}

/** E.g. `POST jobs`. */
function nameOf({ method, url = '' }: IncomingMessage): string {
  return `${method} ${/runners\/(\w+)/.exec(url)?.[1]}`;
}

const JOB = { metadata: { name: 'zenml-run-1', uid: 'new' } };
const secretOf = (uid: string) => ({ metadata: { ownerReferences: [{ uid }] } });
const EXISTS = refusal(409, 'AlreadyExists', 'it already exists');

test('a Secret that an earlier Job of the same name has left makes room for its own', async () => {
  const { launch, asked } = await startCluster({
    'POST jobs': [JOB],
    'POST secrets': [EXISTS, {}],
    'GET secrets': [secretOf('old')],
    'DELETE secrets': [{}],
  });
  await launch();
  expect(asked).toEqual(['POST jobs', 'POST secrets', 'GET secrets', 'DELETE secrets', 'POST secrets']);
});

test('what an earlier try has made stays', async () => {
  const { launch, asked } = await startCluster({
    'POST jobs': [EXISTS],
    'GET jobs': [JOB],
    'POST secrets': [EXISTS],
    'GET secrets': [secretOf('new')],
  });
  expect((await launch()).metadata).toMatchObject({ uid: 'new' });
  expect(asked).toEqual(['POST jobs', 'GET jobs', 'POST secrets', 'GET secrets']);
});

const CONFLICT = refusal(
  409,
  'Conflict',
  'Operation cannot be fulfilled on resourcequotas "gke-resource-quotas": the object has been modified',
);

test.each<[string, Answers]>([
  ['a quota that others are counted for at the moment', { 'POST jobs': [CONFLICT] }],
  ['the same for its Secret', { 'POST jobs': [JOB], 'POST secrets': [CONFLICT] }],
  [
    'a quota of which is not known yet what is used',
    { 'POST jobs': [refusal(403, 'Forbidden', 'status unknown for quota')] },
  ],
  ['a Job that goes while it is read', { 'POST jobs': [EXISTS], 'GET jobs': [refusal(404, 'NotFound', 'not found')] }],
  [
    'a Job that is being deleted',
    {
      'POST jobs': [EXISTS],
      'GET jobs': [{ metadata: { ...JOB.metadata, deletionTimestamp: '2026-01-31T08:15:00Z' } }],
    },
  ],
])('%s is worth another try', async (_what, answers) => {
  const { launch } = await startCluster(answers);
  const failure = await launch().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
  expect(failure).not.toBeInstanceOf(WorkloadError);
  expect(String(failure)).not.toContain('unexpected');
});

test('a namespace that does not exist is not', async () => {
  const { launch } = await startCluster({ 'POST jobs': [refusal(404, 'NotFound', 'namespaces "runners" not found')] });
  await expect(launch()).rejects.toMatchObject({
    name: 'WorkloadError',
    message: 'The namespace runners does not exist.',
  });
});
