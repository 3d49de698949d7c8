import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { answerWith, refusal, startTestApiServer } from '../../testing/test-api-server.ts';
import { TEST_JOBS } from '../../testing/test-workloads.ts';
import { checkVersion, describeMissing, diagnoseCluster } from './diagnosis.ts';
import { PERMISSIONS } from './permissions.ts';

const POLICY = {
  rules: [{ action: 'Ignore' as const, onPodConditions: [{ type: 'DisruptionTarget', status: 'True' as const }] }],
};

test.each([
  ['v1.24.17', undefined, []],
  [
    'v1.23.17-eks-0a21954',
    undefined,
    [/^The cluster runs Kubernetes v1\.23\.17-eks-0a21954, which is older than 1\.24\.$/],
  ],
  [
    'v1.25.16',
    POLICY,
    [/which ignores ZENML_KUBERNETES_WORKLOAD_MANAGER_POD_FAILURE_POLICY: each failure of a pod counts\.$/],
  ],
  ['v1.26.0', POLICY, []],
  ['v1.30.2-gke.1587003', POLICY, []],
  ['v2.0.0', POLICY, []],
])('of Kubernetes %s with the policy %j is said what does not hold there', (version, podFailurePolicy, expected) => {
  const problems = checkVersion(version, { podFailurePolicy }).map(({ problem }) => problem);
  expect(problems).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
});

test('a role of the older documentation lacks the Jobs, and its logs are of no resource that there is', () => {
  const older = PERMISSIONS.filter(({ group, resource, verb }) => {
    if (resource === 'pods') return !['create', 'get', 'list', 'delete', 'patch'].includes(verb);
    return !(group === '' && resource === 'secrets' && verb === 'get');
  });
  const [error, ...warnings] = describeMissing(older, 'zenml');
  expect(error).toMatchObject({
    severity: 'error',
    problem: 'The server may not create, get, deletecollection jobs; get pods/log in the namespace zenml.',
  });
  expect(error?.fix).toMatch(/kind: Role\n(?:.*\n)*- \{apiGroups: \[""\], resources: \[pods\/log\], verbs: \[get\]\}/);
  expect(warnings.map(({ severity }) => severity)).toEqual(warnings.map(() => 'warning'));
});

const SETTINGS = {
  ...TEST_JOBS,
  namespace: 'runners',
  serverId: '22222222-2222-4222-8222-222222222222',
  nodeSelector: { 'node-pool': 'zenml' },
};

/** What a cluster says of a permission, named as `get pods/log`. */
type Review = (permission: string) => object;

/** What is found of a cluster that lacks nothing, but says this of permissions, and answers these paths otherwise. */
async function diagnose(review: Review, others: Readonly<Record<string, object>> = {}) {
  const server = await startTestApiServer(async (request, response) => {
    const { url = '' } = request;
    const other = Object.keys(others).find((part) => url.includes(part));
    if (other !== undefined) return answerWith(response, others[other] ?? {});
    if (url.endsWith('/selfsubjectaccessreviews')) {
      return answerWith(response, { status: review(await permissionOf(request)) });
    }
    answerWith(response, url.startsWith('/version') ? { gitVersion: 'v1.32.4' } : { items: [{}] });
  });
  try {
    return await diagnoseCluster(server.cluster, SETTINGS);
  } finally {
    await server.stop();
  }
}

async function permissionOf(request: IncomingMessage): Promise<string> {
  const { spec } = (await json(request)) as { spec: { resourceAttributes: Record<string, string> } };
  const { verb, resource, subresource } = spec.resourceAttributes;
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
}

test.each(PERMISSIONS.map(({ verb, resource, without }) => [`${verb} ${resource}`, without] as const))(
  'a role that lacks nothing but %s is said to lack it',
  async (permission, without) => {
    const findings = await diagnose((asked) => ({ allowed: asked !== permission }));
    expect(findings).toEqual([
      {
        severity: without === undefined ? 'error' : 'warning',
        problem: expect.stringMatching(`^The server may not ${permission}(: ${without}| in the namespace runners)\\.$`),
        fix: expect.stringContaining('kind: Role'),
      },
    ]);
  },
);

test('a permission that is not known, and a check that fails, hide nothing of the rest', async () => {
  const reason = 'RBAC: role.rbac.authorization.k8s.io "gone" not found';
  const unknown = ['watch jobs', 'watch pods'];
  const findings = await diagnose(
    (asked) => (unknown.includes(asked) ? { allowed: false, reason } : { allowed: asked !== 'list events' }),
    {
      '/nodes': refusal(503, 'ServiceUnavailable', 'no leader'),
      '/serviceaccounts/runner': refusal(404, 'NotFound', 'serviceaccounts "runner" not found'),
    },
  );
  expect(findings.map(({ problem }) => problem)).toEqual([
    'The server may not list events: a run whose pod cannot be made does not say why.',
    `The cluster cannot say whether the server may watch jobs; watch pods in the namespace runners: ${reason}.`,
    'The service account runner does not exist in the namespace runners.',
    expect.stringMatching(/^The cluster at .* does not answer: no leader\.$/),
  ]);
});

test.each([
  [401, 'Unauthorized', /^The cluster at .* does not accept the server's credentials\.$/],
  [503, 'ServiceUnavailable', /^The cluster at .* does not answer: not now\.$/],
])('of a cluster that answers everything with %i is said so once', async (code, reason, problem) => {
  const findings = await diagnose(() => ({}), { '/': refusal(code, reason, 'not now') });
  expect(findings.map((finding) => finding.problem)).toEqual([expect.stringMatching(problem)]);
});
