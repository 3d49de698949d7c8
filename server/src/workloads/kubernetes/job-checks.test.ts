import { answerWith, refusal, startTestApiServer } from '../../testing/test-api-server.ts';
import { TEST_JOBS } from '../../testing/test-workloads.ts';
import { checkNamespace } from './job-checks.ts';

const SETTINGS = { ...TEST_JOBS, namespace: 'runners', serverId: '22222222-2222-4222-8222-222222222222' };

/** What is found where the API server answers the attempt at a Job like this. */
async function findings(code: number, reason: string, message: string) {
  const server = await startTestApiServer((_request, response) => answerWith(response, refusal(code, reason, message)));
  try {
    return await checkNamespace(server.cluster, SETTINGS);
  } finally {
    await server.stop();
  }
}

const QUOTA = 'jobs.batch "zenml-workspace-server-check" is forbidden: exceeded quota: none';

test.each<[number, string, string, string, RegExp]>([
  [403, 'Forbidden', QUOTA, 'The namespace runners takes no Job: exceeded quota: none', /^Change its quota/],
  [400, 'BadRequest', 'denied: no', 'The namespace runners takes no Job: denied: no', /its admission policy\.$/],
  [422, 'Invalid', 'Job.batch "x" is invalid: cpu', 'The namespace runners takes no Job: cpu', /^Correct the variable/],
  [404, 'NotFound', 'not found', 'The namespace runners does not exist.', /^kubectl create namespace runners$/],
])('a Job that is refused with %i is the namespace’s doing', async (code, reason, message, problem, fix) => {
  expect(await findings(code, reason, message)).toEqual([
    { severity: 'error', problem, fix: expect.stringMatching(fix) },
  ]);
});

test.each([
  [401, 'Unauthorized'],
  [409, 'Conflict'],
  [429, 'TooManyRequests'],
  [500, 'InternalError'],
  [503, 'ServiceUnavailable'],
])('one that is refused with %i (%s) says nothing of the namespace', async (code, reason) => {
  await expect(findings(code, reason, 'not now')).rejects.toMatchObject({ code });
});
