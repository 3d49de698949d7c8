import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createGoogleRegistry } from '../../server/src/workloads/gcp/google-registry.ts';
import { createConfiguredRegistry } from '../../server/src/workloads/images/configured-images.ts';
import { formatDockerConfig } from '../../server/src/workloads/images/docker-config.ts';
import type { ImagePreparation } from '../../server/src/workloads/images/image-preparation.ts';
import { type ImageReference, parseImage } from '../../server/src/workloads/images/image-reference.ts';
import { createPlainRegistry, type ImageRegistry } from '../../server/src/workloads/images/image-registry.ts';
import { createRegistryClient } from '../../server/src/workloads/images/registry-client.ts';
import { runnerImageName } from '../../server/src/workloads/images/runner-image-name.ts';
import { readPodLogs } from '../../server/src/workloads/kubernetes/pod-log.ts';
import { type ImageRequest, WorkloadError } from '../../server/src/workloads/manager.ts';
import { startMetadataServer } from '../images/metadata-server.ts';
import { pushShellImage, startRegistry, type TestRegistry } from '../images/registry.ts';
import { type Changes, clusterOf, createReplica, requestFor } from './replica.ts';

/** This machine, as the node and its pods reach it. */
const HOST = process.env['ZENML_TEST_HOST'] ?? '';
const { batch, core } = clusterOf('admin');
const namespace = 'builders';

let registry: TestRegistry;
before(async () => {
  registry = await startRegistry(undefined, HOST);
  await pushShellImage(`${registry.name}/shell:1`);
});
after(() => registry.stop());

/** Tries again what may pass, as the dispatcher does. */
async function prepared(images: ImagePreparation, request: ImageRequest): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return await images.prepare(request, signal);
    } catch (error) {
      if (error instanceof WorkloadError || tries === 3) throw error;
    }
  }
}

const replica = (changes: Changes = {}) => createReplica(registry.name, changes);
const requestOf = (...steps: readonly string[]) => requestFor(registry.name, ...steps);

function withPullSecret(name: string, registryName: string): ImageRegistry {
  return createConfiguredRegistry(
    { pullSecret: name, plainHttpRegistries: [registryName] },
    clusterOf(namespace),
    namespace,
  );
}

function imageOf(name: string): ImageReference {
  const image = parseImage(name);
  assert.ok(image);
  return image;
}

const signal = new AbortController().signal;
const nameOf = ({ dockerfile }: ImageRequest) => runnerImageName(registry.name, dockerfile).builderName;
const jobsOf = async (request: ImageRequest) =>
  (await batch.listNamespacedJob({ namespace, labelSelector: `zenml.io/workload=${nameOf(request)}` })).items;
const podsOf = async (request: ImageRequest) =>
  (await core.listNamespacedPod({ namespace, labelSelector: `zenml.io/workload=${nameOf(request)}` })).items;

async function eventually<T>(find: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error('it did not come');
}

const builderRuns = (request: ImageRequest) =>
  eventually(async () => (await podsOf(request)).find(({ status }) => status?.phase === 'Running'));

describe('a builder', { concurrency: 4 }, () => {
  test('builds an image once for all replicas that need it, and none again', async () => {
    const request = requestOf('RUN echo built > /built');
    const told: string[][] = [[], [], [], []];
    const [one, other] = [replica(), replica()];
    const images = await Promise.all(
      [one, one, other, replica()].map((images, index) =>
        prepared(images, { ...request, onBuilder: (buildId) => told[index]?.push(buildId) }),
      ),
    );
    const [image] = images;
    assert.deepEqual(images, [image, image, image, image]);
    assert.deepEqual(await replica().check(String(image)), []);
    const [job, ...more] = await jobsOf(request);
    assert.equal(more.length, 0);
    // Each of them knows whose log tells of its image.
    const buildId = job?.metadata?.labels?.['zenml.io/build-id'];
    assert.deepEqual(told, [[buildId], [buildId], [buildId], [buildId]]);
    await batch.deleteNamespacedJob({ namespace, name: String(job?.metadata?.name), propagationPolicy: 'Background' });
    assert.equal(await replica().prepare(request, signal), image);
    assert.deepEqual(await jobsOf(request), []);
  });

  test('takes up the layers of an earlier build with the same parent', async () => {
    const parent = await prepared(replica(), requestOf('RUN echo parent'));
    const requestOn = (...steps: string[]) => ({ ...requestOf(), dockerfile: [`FROM ${parent}`, ...steps].join('\n') });
    await prepared(replica(), requestOn('RUN echo first > /first'));
    const request = requestOn('RUN echo first > /first', 'RUN echo second > /second');
    await prepared(replica(), request);
    const [pod] = await podsOf(request);
    const log = await core.readNamespacedPodLog({ namespace, name: String(pod?.metadata?.name) });
    // Its layer comes from the registry; a step that runs ends without one.
    assert.match(log, /\[2\/3\] RUN echo first > \/first\n#\d+ (?:CACHED|sha256:)/);
    assert.match(log, /\[3\/3\] RUN echo second > \/second\n#\d+ DONE/);
  });

  test('gets the Dockerfile as it is, whatever Kubernetes makes of it', async () => {
    const request = requestOf(`RUN test '$(HOME)$$(USER)' = '$''(HOME)$''$''(USER)'`);
    assert.match(await prepared(replica(), request), /zenml-runner:/);
  });

  test('says which step failed, and with what', async () => {
    const builders: string[] = [];
    const request = {
      ...requestOf('RUN true', 'RUN echo "ERROR: no such package" >&2; exit 3'),
      onBuilder: (buildId: string) => builders.push(buildId),
    };
    const failed =
      /^Its image could not be built: step 3\/3 \(RUN echo .*…\) ended with exit code 3: ERROR: no such package$/;
    await assert.rejects(replica().prepare(request, signal), (error) => {
      assert.ok(error instanceof WorkloadError);
      assert.match(error.message, failed);
      return true;
    });
    const lines: string[] = [];
    const onChange = () => () => undefined;
    const place = { cluster: clusterOf('builders'), namespace, findBuilders: async () => builders, onChange };
    for await (const { message } of readPodLogs(place, 'zenml-run-2-1', {})) lines.push(message);
    assert.ok(
      lines.some((line) => / ERROR: no such package$/.test(line)),
      lines.join('\n'),
    );
  });

  test('says that its parent image is not there', async () => {
    const request = { ...requestOf(), dockerfile: `FROM ${registry.name}/nothing:1` };
    await assert.rejects(replica().prepare(request, signal), /nothing:1: not found$/);
  });

  test('that is killed begins again with the next try', async () => {
    const request = requestOf('RUN sleep 3');
    const first = replica().prepare(request, signal);
    const killed = assert.rejects(first, (error) => !(error instanceof WorkloadError));
    const pod = await builderRuns(request);
    await core.deleteNamespacedPod({ namespace, name: String(pod.metadata?.name), gracePeriodSeconds: 0 });
    await killed;
    assert.match(await prepared(replica(), request), /zenml-runner:/);
  });

  test('outlives the replica that began it, and another waits for it', async () => {
    const request = requestOf('RUN sleep 4; echo outlived');
    const [, ...steps] = request.dockerfile.split('\n');
    const dying = spawn(process.execPath, [
      fileURLToPath(new URL('prepare.ts', import.meta.url)),
      registry.name,
      ...steps,
    ]);
    await builderRuns(request);
    dying.kill('SIGKILL');
    const [begun] = await jobsOf(request);
    assert.match(await prepared(replica(), request), /zenml-runner:/);
    const [ended, ...more] = await jobsOf(request);
    assert.deepEqual(more, []);
    assert.equal(ended?.metadata?.uid, begun?.metadata?.uid);
  });

  test('goes when nobody waits for it any more', async () => {
    const request = requestOf('RUN sleep 600');
    const [one, other] = [new AbortController(), new AbortController()];
    const images = replica();
    const results = Promise.allSettled([images.prepare(request, one.signal), images.prepare(request, other.signal)]);
    await builderRuns(request);
    one.abort();
    await sleep(1500);
    assert.equal((await jobsOf(request)).length, 1);
    other.abort();
    assert.deepEqual(
      (await results).map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    await eventually(async () => ((await jobsOf(request)).length === 0 ? true : undefined));
    await eventually(async () => ((await podsOf(request)).length === 0 ? true : undefined));
  });

  for (const [place, unconfined, allowing] of [
    ['restricted', false, 'baseline'],
    ['builders', true, 'privileged'],
  ] as const) {
    test(`that the namespace refuses says what to change: it has to be ${allowing}`, async () => {
      const image = replica({ namespace: place, unconfined }).prepare(requestOf(`RUN true # ${allowing}`), signal);
      await assert.rejects(image, (error) => {
        assert.ok(error instanceof WorkloadError);
        assert.match(
          error.message,
          /^The namespace's Pod Security Standard `(?:restricted|baseline)` refuses the builder /,
        );
        assert.ok(error.message.endsWith(`enforce: ${allowing}\`.`), error.message);
        return true;
      });
    });
  }

  test('that the cluster’s seccomp profile keeps from starting says what to do', async () => {
    const image = replica({ forcesSeccomp: true }).prepare(requestOf('RUN true # confined'), signal);
    await assert.rejects(image, (error) => {
      assert.ok(error instanceof WorkloadError);
      assert.match(error.message, /: BuildKit does not start: .*permitted \(see ZENML_WORKSPACE_BUILDER_UNCONFINED\)$/);
      return true;
    });
  });

  test('runs without seccomp and AppArmor where it is told so, whatever the cluster’s profile', async () => {
    const images = replica({ namespace: 'unguarded', unconfined: true, forcesSeccomp: true });
    const image = await prepared(images, requestOf('RUN true # unconfined'));
    assert.deepEqual(await images.check(image), []);
  });

  test('that runs out of memory says so', async () => {
    const request = requestOf('RUN head -c 400m /dev/zero | tail > /dev/null');
    await assert.rejects(replica({ memory: '200Mi' }).prepare(request, signal), / killed: out of memory\?/);
  });

  test('that pushes to a registry which makes no repositories says so', async () => {
    const without = createServer((request, response) => response.writeHead(request.url === '/v2/' ? 200 : 404).end());
    await new Promise<void>((resolve) => without.listen(0, HOST, resolve));
    const registryName = `${HOST}:${(without.address() as AddressInfo).port}`;
    const client = createRegistryClient({ findCredentials: async () => undefined, plainHttp: [registryName] });
    const images = replica({ registryName, registry: createPlainRegistry(client, undefined) });
    try {
      await assert.rejects(
        images.prepare(requestOf('RUN true # without a repository'), signal),
        /^WorkloadError: Its image could not be built: the registry has no repository for .*, and makes none: make it/,
      );
    } finally {
      without.closeAllConnections();
      without.close();
    }
  });

  test('pushes as the identity that the metadata server gives its pod', async () => {
    const metadata = await startMetadataServer(HOST);
    const closed = await startRegistry({ username: 'oauth2accesstoken', password: metadata.token }, HOST);
    try {
      const findCredentials = async () => ({ username: 'oauth2accesstoken', password: metadata.token });
      const google = createRegistryClient({ findCredentials, plainHttp: [closed.name] });
      const others = createPlainRegistry(google, undefined);
      const isGoogle = (name: string) => name === closed.name;
      const images = replica({
        registry: createGoogleRegistry({ others, google, pullSecret: undefined, isGoogle }),
        registryName: closed.name,
        metadataHost: metadata.host,
      });
      const image = await prepared(images, requestOf('RUN true'));
      assert.equal((await google.hasImage(imageOf(image))).outcome, 'yes');
      assert.ok(metadata.given() > 0);
    } finally {
      await closed.stop();
      await metadata.stop();
    }
  });

  for (const [role, where] of [
    ['builders', 'a Secret'],
    ['smaller', 'its environment, where the role grants no Secrets'],
  ] as const) {
    test(`pushes with a token that comes in ${where}`, async () => {
      const closed = await startRegistry({ username: 'AWS', password: 'to:ken' }, HOST);
      try {
        const findCredentials = async () => ({ username: 'AWS', password: 'to:ken' });
        const client = createRegistryClient({ findCredentials, plainHttp: [closed.name] });
        const json = formatDockerConfig(closed.name, 'AWS', 'to:ken');
        const withToken: ImageRegistry = {
          ...createPlainRegistry(client, undefined),
          builderCredentials: async () => ({ kind: 'docker config', json }),
        };
        const request = requestOf(`RUN true # ${role}`);
        const images = replica({ registry: withToken, registryName: closed.name, namespace: role });
        const image = await prepared(images, request);
        assert.equal((await client.hasImage(imageOf(image))).outcome, 'yes');
        const { items } = await core.listNamespacedPod({ namespace: role });
        const inSight = items.some(({ spec }) => JSON.stringify(spec).includes(JSON.stringify(json).slice(1, -1)));
        assert.equal(inSight, role === 'smaller');
      } finally {
        await closed.stop();
      }
    });
  }

  test('pushes with the pull secret, which the server looks images up with', async () => {
    const closed = await startRegistry({ username: 'a', password: 'b' }, HOST);
    try {
      const images = (name: string) =>
        replica({ registry: withPullSecret(name, closed.name), registryName: closed.name });
      const request = requestOf('RUN true # pull secret');
      const data = { '.dockerconfigjson': formatDockerConfig(closed.name, 'a', 'b') };
      const type = 'kubernetes.io/dockerconfigjson';
      await core.createNamespacedSecret({ namespace, body: { metadata: { name: 'right' }, type, stringData: data } });
      assert.deepEqual(await images('right').diagnose(), []);
      const image = await prepared(images('right'), request);
      assert.deepEqual(await images('right').check(image), []);
      const [finding] = await images('missing').diagnose();
      assert.match(finding?.problem ?? '', /the pull secret `missing` cannot be used: it does not exist/);
      const wrong = { '.dockerconfigjson': formatDockerConfig(closed.name, 'a', 'wrong') };
      await core.createNamespacedSecret({ namespace, body: { metadata: { name: 'wrong' }, type, stringData: wrong } });
      const refused = images('wrong').prepare(requestOf('RUN true # refused push'), signal);
      await assert.rejects(refused, /^WorkloadError: Its image could not be built: the registry refuses the push of /);
    } finally {
      await closed.stop();
    }
  });

  test('whose image cannot be pulled says so and goes', async () => {
    const request = requestOf('RUN true # unpulled');
    const images = replica({ builderImage: `${HOST}:1/buildkit:1`, startTimeoutSeconds: 4 });
    await assert.rejects(
      images.prepare(request, signal),
      /^WorkloadError: The builder of its image did not start within 4 s: the image .* cannot be pulled: /,
    );
    assert.deepEqual(await jobsOf(request), []);
  });
});
