import { checkVersion, describeMissing } from './diagnosis.ts';
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
