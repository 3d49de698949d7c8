import { allows, type NetworkPolicy } from '../../test/platform/network-policy.ts';
import { WORKLOADS } from './names.ts';
import { synthesize } from './testing.ts';

const MANAGER = 'ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE';
const AWS = { [MANAGER]: 'zenml_cloud_plugins.aws_kubernetes_workload_manager.AWSKubernetesWorkloadManager' };
const GCP = { [MANAGER]: 'zenml_cloud_plugins.gcp_kubernetes_workload_manager.GCPKubernetesWorkloadManager' };
const BUILDS = {
  [`${WORKLOADS}BUILD_RUNNER_IMAGE`]: 'yes',
  [`${WORKLOADS}DOCKER_REGISTRY`]: 'registry.example.com',
};

const BUILDER = { 'app.kubernetes.io/component': 'builder' };
const SERVER = { 'app.kubernetes.io/name': 'zenml-workspace-server' };

/** What pods of a kind reach and are reached by: what any of the policies that select them lets through. */
function networkOf(values: object, namespace: string, labels: Readonly<Record<string, string>> = {}) {
  const policies = synthesize(values)
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map((manifest) => manifest as unknown as NetworkPolicy)
    .filter(({ metadata, spec: { podSelector } }) => {
      const wanted = Object.entries(podSelector.matchLabels ?? {});
      return metadata.namespace === namespace && wanted.every(([name, value]) => labels[name] === value);
    });
  return {
    reaches: (address: string, port: number) =>
      policies.some(
        (policy) => policy.spec.policyTypes.includes('Egress') && allows(policy, { direction: 'out', address, port }),
      ),
    isReachedFrom: (from: { address: string } | { pod: { namespace: string; labels: object } }) =>
      policies.some(
        (policy) =>
          policy.spec.policyTypes.includes('Ingress') &&
          allows(policy, { direction: 'in', port: 8080, ...from } as Parameters<typeof allows>[1]),
      ),
  };
}

const RUNNERS = 'zenml-workspace-namespace';
/** Where clouds give out identities: the node’s own on AWS, and GKE’s under Dataplane V2; GKE’s under Calico; EKS Pod Identity’s. */
const PLACES = [
  ['169.254.169.254', 80],
  ['169.254.169.252', 988],
  ['169.254.170.23', 80],
  ['fd00:ec2::23', 80],
] as const;

test.each([
  ['nothing says a cloud', {}, [false, false, false, false]],
  ['the manager is that of AWS', { server: { environment: AWS } }, [false, false, true, true]],
  ['the manager is that of GCP', { server: { environment: GCP } }, [true, true, false, false]],
  [
    'an account is bound to one of Google’s',
    { runners: { serviceAccountAnnotations: { 'iam.gke.io/gcp-service-account': 'r@p.iam.gserviceaccount.com' } } },
    [true, true, false, false],
  ],
  [
    'an account has a role by a token in its pods',
    { server: { serviceAccount: { annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/r' } } } },
    [false, false, false, false],
  ],
  ['the values say it', { networkPolicy: { cloudIdentity: 'gcp' } }, [true, true, false, false]],
  [
    'the values say none',
    { server: { environment: GCP }, networkPolicy: { cloudIdentity: 'none' } },
    [false, false, false, false],
  ],
])(
  'server and runners reach where their cloud gives identities, and no other such place: %s',
  (_title, values, open) => {
    for (const network of [networkOf(values, 'zenml', SERVER), networkOf(values, RUNNERS)])
      expect(PLACES.map(([address, port]) => network.reaches(address, port))).toEqual(open);
  },
);

test('builders reach mirrors of packages without TLS, runners do not, and neither reaches the node’s identity', () => {
  const values = { server: { environment: BUILDS } };
  const [builder, runner] = [networkOf(values, RUNNERS, BUILDER), networkOf(values, RUNNERS)];
  for (const mirror of ['203.0.113.9', '2001:db8::9']) {
    expect(builder.reaches(mirror, 80)).toBe(true);
    expect(runner.reaches(mirror, 80)).toBe(false);
    expect(networkOf({}, RUNNERS, BUILDER).reaches(mirror, 80)).toBe(false);
  }
  for (const metadata of ['169.254.169.254', 'fd00:ec2::254']) expect(builder.reaches(metadata, 80)).toBe(false);
  expect(builder.reaches('203.0.113.9', 443)).toBe(true);
});

test('server and runners reach further ports that the values name', () => {
  const values = { networkPolicy: { furtherPorts: [5000] } };
  for (const [namespace, labels] of [['zenml', SERVER] as const, [RUNNERS, {}] as const]) {
    expect(networkOf(values, namespace, labels).reaches('10.1.2.3', 5000)).toBe(true);
    expect(networkOf({}, namespace, labels).reaches('10.1.2.3', 5000)).toBe(false);
  }
});

describe('the API may be called', () => {
  const controller = { pod: { namespace: 'ingress-nginx', labels: {} } };
  const runner = { pod: { namespace: RUNNERS, labels: {} } };
  const [inside, outside] = [{ address: '10.1.2.3' }, { address: '203.0.113.9' }];
  const callers = (networkPolicy: object) => {
    const { isReachedFrom } = networkOf({ networkPolicy }, 'zenml', SERVER);
    return [inside, outside, controller, runner].map(isReachedFrom);
  };

  test.each([
    ['by all, where nothing is said', {}, [true, true, true, true]],
    ['from the ranges that are named', { clients: ['10.0.0.0/8'] }, [true, false, false, true]],
    ['by the proxies that are named alone', { clientNamespaces: ['ingress-nginx'] }, [false, false, true, true]],
    ['by both', { clients: ['10.0.0.0/8'], clientNamespaces: ['ingress-nginx'] }, [true, false, true, true]],
  ])('%s, and by runners', (_title, networkPolicy, expected) => {
    expect(callers(networkPolicy)).toEqual(expected);
  });
});
