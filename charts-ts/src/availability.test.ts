import { find, synthesize } from './testing.ts';

/** What keeps the server there while nodes, pods and load come and go. */
const manifests = synthesize();
const SELECTED = { matchLabels: { 'app.kubernetes.io/name': 'zenml-workspace-server' } };
const pods = find(manifests, 'Deployment').spec.template;

test('replicas are spread over zones and nodes, and start where there is only one', () => {
  expect(pods.metadata.labels).toMatchObject(SELECTED.matchLabels);
  const spread = { maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: SELECTED };
  expect(pods.spec).toMatchObject({
    topologySpreadConstraints: [
      { topologyKey: 'topology.kubernetes.io/zone', ...spread },
      { topologyKey: 'kubernetes.io/hostname', ...spread },
    ],
  });
});

test('a replica that completes an empty database is given five minutes before it counts as dead', () => {
  const [{ startupProbe, livenessProbe }] = pods.spec.containers;
  expect(startupProbe.httpGet).toEqual(livenessProbe.httpGet);
  expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBe(300);
});

test('nodes that are drained take one replica at a time', () => {
  expect(find(manifests, 'PodDisruptionBudget').spec).toEqual({ maxUnavailable: 1, selector: SELECTED });
});

test('the server’s pods go before those of pipelines, and no others do', () => {
  const classes = manifests.filter(({ kind }) => kind === 'PriorityClass');
  expect(classes).toMatchObject([{ metadata: { name: 'zenml-workspace-server-zenml' }, globalDefault: false }]);
  expect(classes[0]?.value).toBeGreaterThan(0);
  expect(pods.spec.priorityClassName).toBe('zenml-workspace-server-zenml');
});

test('the autoscaler adds replicas at once, and takes them away slowly, one by one', () => {
  expect(find(manifests, 'HorizontalPodAutoscaler').spec).toEqual({
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'zenml-workspace-server' },
    minReplicas: 2,
    maxReplicas: 6,
    metrics: [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
      { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 80 } } },
    ],
    behavior: {
      scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 2, periodSeconds: 30 }] },
      scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
    },
  });
});

test('an autoscaler’s decision is not undone by applying the manifests again', () => {
  expect(find(manifests, 'Deployment').spec.replicas).toBeUndefined();
  expect(find(synthesize({ autoscaling: { enabled: false } }), 'Deployment').spec.replicas).toBe(2);
});

test('a runner that says nothing of resources gets what the quota counts', () => {
  const { limits } = find(manifests, 'LimitRange', 'zenml-workspace-namespace').spec;
  const defaultRequest = { cpu: '100m', memory: '400Mi' };
  expect(limits).toEqual([{ type: 'Container', defaultRequest, default: { memory: '1Gi' } }]);
});
