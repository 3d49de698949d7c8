import { HttpMethod, RequestContext } from '@kubernetes/client-node';
import { type CloudCluster, createCloudCredentials, NoClusterError } from './cloud-cluster.ts';

const { now } = Date;

afterEach(() => {
  Date.now = now;
});

test('a cluster is found once its cloud answers, and again where it has moved', async () => {
  const at = (server: string, token: string): CloudCluster => ({
    server,
    certificateAuthority: undefined,
    getToken: async () => token,
  });
  const gone = new NoClusterError('The cloud does not answer.');
  const answers = [gone, at('https://first', 'one'), gone, at('https://second', 'two')];
  const { apply } = createCloudCredentials(async () => {
    const answer = answers.shift() ?? gone;
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const requestAfter = async (minutes: number) => {
    Date.now = () => now() + minutes * 61_000;
    const request = new RequestContext('https://cluster.invalid/api/v1/pods?limit=1', HttpMethod.GET);
    await apply(request);
    return [request.getUrl(), request.getHeaders()['Authorization']];
  };
  await expect(requestAfter(0)).rejects.toThrow(gone);
  expect(await requestAfter(0)).toEqual(['https://first/api/v1/pods?limit=1', 'Bearer one']);
  // Meanwhile what was known of it is good.
  expect(await requestAfter(2)).toEqual(['https://first/api/v1/pods?limit=1', 'Bearer one']);
  expect(await requestAfter(4)).toEqual(['https://second/api/v1/pods?limit=1', 'Bearer two']);
  expect(answers).toEqual([]);
});
