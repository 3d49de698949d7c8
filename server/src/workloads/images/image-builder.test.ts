import { TEST_JOBS, testOwner } from '../../testing/test-workloads.ts';
import type { BuilderCluster } from './builder-cluster.ts';
import { createImageBuilder } from './image-builder.ts';
import { parseImage } from './image-reference.ts';
import { runnerImageName } from './runner-image-name.ts';

const dockerfile = 'FROM base:1';
const name = runnerImageName('registry.example', dockerfile);

/** A cluster whose builders never come to an end. @returns also the selectors of those that were deleted */
function endlessCluster() {
  const deleted: string[] = [];
  let job: Awaited<ReturnType<BuilderCluster['createJob']>>;
  const cluster: BuilderCluster = {
    async createJob(created) {
      job = { ...created, metadata: { ...created.metadata, uid: '1' } };
      return job;
    },
    readJob: async () => job,
    async deleteJobs(selector) {
      deleted.push(selector);
    },
    listPods: async () => [],
    readLastLines: async () => undefined,
    findWarning: async () => undefined,
    async createSecret() {},
  };
  return { cluster, deleted };
}

test.each([
  ['goes where nobody else waits for it', async () => false, 1],
  ['stays where another replica waits for it', async () => true, 0],
  ['stays where that is not known', () => Promise.reject(new Error('no database')), 0],
])('a builder that is given up %s', async (_what, isAwaited, count) => {
  const { cluster, deleted } = endlessCluster();
  const reference = parseImage(name.image);
  if (!reference) throw new Error('no name of an image');
  const build = createImageBuilder({
    cluster,
    registry: {
      hasImage: async () => ({ outcome: 'no', message: 'has none' }),
      mayPush: async () => ({ outcome: 'yes' }),
      async prepareRepository() {},
      builderCredentials: async () => undefined,
    },
    secretsIn: async () => 'secret',
    isAwaited,
    startTimeoutSeconds: 60,
    job: { ...TEST_JOBS, namespace: 'runners', serverId: 'server' },
    builder: { image: 'buildkit', plainHttp: [], unconfined: false, timeoutSeconds: 60 },
  });
  const cancelling = new AbortController();
  const owner = testOwner('00000000-0000-4000-8000-000000000001', 'run');
  // Once it is told of its builder, a launch waits for it.
  const onBuilder = () => setTimeout(() => cancelling.abort(), 10);
  const request = { workloadName: 'zenml-run-1-1', owner, snapshotImage: undefined, dockerfile, onBuilder };
  await expect(build({ name, reference, dockerfile, request }, cancelling.signal)).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(deleted).toHaveLength(count);
});
