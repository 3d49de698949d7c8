import { type BuilderJob, builderJob, builderSecret } from './builder-job.ts';
import { parseImage } from './image-reference.ts';
import { runnerImageName } from './runner-image-name.ts';

const owner = {
  runId: '5f1c0a52-0000-4000-8000-000000000001',
  runName: 'train',
  snapshotId: '5f1c0a52-0000-4000-8000-000000000002',
  pipelineId: undefined,
  pipelineName: undefined,
  projectId: '5f1c0a52-0000-4000-8000-000000000003',
  userId: undefined,
};
const dockerfile = 'FROM base:1\nRUN echo $HOME';

function parts(changes: Partial<BuilderJob> = {}): BuilderJob {
  const name = runnerImageName('registry.example/team', dockerfile);
  const reference = parseImage(name.image);
  if (!reference) throw new Error('no name of an image');
  return {
    build: {
      name,
      reference,
      dockerfile,
      request: { workloadName: 'zenml-run-1-1', owner, snapshotImage: undefined, dockerfile },
    },
    buildId: 'abcd1234',
    job: {
      namespace: 'jobs',
      serviceAccount: 'runner',
      podResources: undefined,
      nodeSelector: { pool: 'zenml' },
      tolerations: undefined,
      ttlSecondsAfterFinished: 0,
      backoffLimit: 0,
      podFailurePolicy: undefined,
      pullSecret: undefined,
      serverId: '5f1c0a52-0000-4000-8000-000000000009',
    },
    builder: { image: 'moby/buildkit:rootless', plainHttp: [], unconfined: false, timeoutSeconds: 60 },
    credentials: undefined,
    secretsIn: 'secret',
    ...changes,
  };
}

const podOf = (given: BuilderJob) => builderJob(given).spec?.template.spec;
const variable = (given: BuilderJob, wanted: string) =>
  podOf(given)?.containers[0]?.env?.find(({ name }) => name === wanted);

test('a builder is an ordinary user with two capabilities and no token of the cluster', () => {
  const pod = podOf(parts());
  expect(pod).toMatchObject({
    automountServiceAccountToken: false,
    serviceAccountName: 'runner',
    restartPolicy: 'Never',
  });
  expect(pod?.containers[0]?.securityContext).toEqual({
    runAsUser: 1000,
    runAsGroup: 1000,
    runAsNonRoot: true,
    allowPrivilegeEscalation: true,
    capabilities: { drop: ['ALL'], add: ['SETUID', 'SETGID'] },
  });
  expect(pod?.nodeSelector).toEqual({ pool: 'zenml' });
});

test('its name follows from the image alone, so that it is made once', () => {
  const other = parts({ buildId: 'ffff0000', secretsIn: 'environment' });
  expect(builderJob(other).metadata?.name).toBe(builderJob(parts()).metadata?.name);
  expect(builderJob(parts()).metadata?.name).toMatch(/^zenml-build-[0-9a-f]{24}$/);
  const ofOtherRegistry = runnerImageName('registry.example/other', dockerfile).builderName;
  expect(ofOtherRegistry).not.toBe(parts().build.name.builderName);
});

test('it stays long enough for whoever waits to see how it ended', () => {
  expect(builderJob(parts()).spec?.ttlSecondsAfterFinished).toBe(60);
});

test('Kubernetes replaces nothing in the Dockerfile', () => {
  expect(variable(parts(), 'DOCKERFILE')?.value).toBe('FROM base:1\nRUN echo $$HOME');
});

describe('credentials', () => {
  const json = '{"auths": {}}';
  const withToken = { credentials: { kind: 'docker config', json } } as const;

  test('are in a Secret that goes with the Job', () => {
    const secret = builderSecret(parts(withToken), 'uid-of-job');
    expect(secret?.metadata?.ownerReferences).toMatchObject([{ kind: 'Job', uid: 'uid-of-job' }]);
    const key = variable(parts(withToken), 'DOCKER_CONFIG_JSON')?.valueFrom?.secretKeyRef;
    expect(secret?.metadata?.name).toBe(key?.name);
    expect(secret?.stringData?.[key?.key ?? '']).toBe(json);
    expect(JSON.stringify(builderJob(parts(withToken)))).not.toContain('auths');
  });

  test('are in the environment where the role grants no Secrets', () => {
    const given = parts({ ...withToken, secretsIn: 'environment' });
    expect(builderSecret(given, 'uid')).toBeUndefined();
    expect(variable(given, 'DOCKER_CONFIG_JSON')?.value).toBe(json);
  });

  test('of a pull secret are mounted, and need no Secret of the builder’s own', () => {
    const given = parts({ credentials: { kind: 'pull secret', name: 'registry' } });
    expect(builderSecret(given, 'uid')).toBeUndefined();
    expect(podOf(given)?.volumes?.find(({ secret }) => secret)?.secret?.secretName).toBe('registry');
  });
});
