import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { createImagePreparation, type ImageSources } from '../../server/src/workloads/images/image-preparation.ts';
import { createPlainRegistry } from '../../server/src/workloads/images/image-registry.ts';
import { createRegistryClient } from '../../server/src/workloads/images/registry-client.ts';
import { type ImageRequest, WorkloadError } from '../../server/src/workloads/manager.ts';
import { pushEmptyImage, startRegistry, type TestRegistry } from './registry.ts';

const plain = createPlainRegistry(createRegistryClient({ findCredentials: async () => undefined }), undefined);
const signal = new AbortController().signal;

const request: ImageRequest = {
  workloadName: 'zenml-run-1-1',
  owner: {
    runId: '1',
    runName: 'run',
    snapshotId: '2',
    pipelineId: undefined,
    pipelineName: undefined,
    projectId: '3',
    userId: undefined,
  },
  snapshotImage: 'registry.example/of-snapshot:1',
  dockerfile: 'FROM parent:1',
};

/** Not a loopback one. */
function addressOfThisMachine(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const outer = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
  assert.ok(outer, 'this machine has no network');
  return outer.address;
}

let registry: TestRegistry;
before(async () => {
  registry = await startRegistry();
});
after(() => registry.stop());

/** Prepares images; what has to be built is noted, and pushed as an image without layers. */
function preparation(sources: Partial<ImageSources>, images = plain) {
  const built: string[] = [];
  const prepared = createImagePreparation({
    sources: { buildRunnerImage: false, dockerRegistry: undefined, runnerImage: undefined, ...sources },
    registry: images,
    async buildImage({ name }) {
      built.push(name.image);
      await pushEmptyImage(name.image);
    },
  });
  return { ...prepared, built };
}

describe('the image of a runner is', () => {
  test("its snapshot's", async () => {
    assert.equal(await preparation({}).prepare(request, signal), 'registry.example/of-snapshot:1');
  });

  test('the one for all runners, where one is configured', async () => {
    assert.equal(await preparation({ runnerImage: 'pre:1' }).prepare(request, signal), 'pre:1');
  });

  test('built once for a Dockerfile, where images are built', async () => {
    const images = preparation({
      buildRunnerImage: true,
      runnerImage: 'pre:1',
      dockerRegistry: `${registry.name}/a/b`,
    });
    const image = await images.prepare(request, signal);
    assert.match(image, new RegExp(`^${registry.name}/a/b/zenml-runner:[0-9a-f]{24}$`));
    assert.equal(await images.prepare({ ...request, snapshotImage: undefined }, signal), image);
    assert.deepEqual(images.built, [image]);
    assert.notEqual(await images.prepare({ ...request, dockerfile: 'FROM parent:2' }, signal), image);
  });

  test('not used where its registry has none of that name, and used where the registry does not answer', async () => {
    const near = await startRegistry(undefined, addressOfThisMachine());
    const client = createRegistryClient({ findCredentials: async () => undefined, plainHttp: [near.name] });
    const images = preparation({}, createPlainRegistry(client, undefined));
    const of = (snapshotImage: string) => images.prepare({ ...request, snapshotImage }, signal);
    try {
      await pushEmptyImage(`${near.name}/there:1`);
      assert.equal(await of(`${near.name}/there:1`), `${near.name}/there:1`);
      await assert.rejects(of(`${near.name}/there:2`), (error) => {
        assert.ok(error instanceof WorkloadError);
        assert.match(error.message, new RegExp(`^The registry ${near.name} has no \`there:2\`\\. Push it, or build`));
        return true;
      });
    } finally {
      await near.stop();
    }
    assert.equal(await of(`${near.name}/there:3`), `${near.name}/there:3`);
    // The nodes' loopback is another one.
    assert.equal(await of(`${registry.name}/nothing:1`), `${registry.name}/nothing:1`);
    await assert.rejects(of('no name'), WorkloadError);
  });

  test('missing where the snapshot has none', async () => {
    const prepared = preparation({}).prepare({ ...request, snapshotImage: undefined }, signal);
    await assert.rejects(prepared, (error) => {
      assert.ok(error instanceof WorkloadError);
      assert.match(error.message, /^The build of the snapshot has no image for its orchestrator\. /);
      return true;
    });
  });
});

test('nothing is built for a registry that does not answer, and another try may go through', async () => {
  const gone = await startRegistry();
  await gone.stop();
  const images = preparation({ buildRunnerImage: true, dockerRegistry: gone.name });
  await assert.rejects(images.prepare(request, signal), (error) => {
    assert.ok(error instanceof Error && !(error instanceof WorkloadError));
    assert.match(error.message, /^the registry .* cannot be reached: /);
    return true;
  });
  assert.deepEqual(images.built, []);
});

/** Where runners have not the image of their snapshot's orchestrator. */
const OWN_RUNNERS: readonly (() => Partial<ImageSources>)[] = [
  () => ({ runnerImage: `${registry.name}/runner:1` }),
  () => ({ buildRunnerImage: true, dockerRegistry: registry.name }),
];

describe('before a run', () => {
  test('an image that is there is not spoken of, one that is not is an error', async () => {
    await pushEmptyImage(`${registry.name}/there:1`);
    const { check } = preparation({});
    assert.deepEqual(await check(`${registry.name}/there:1`), []);
    const [finding, ...more] = await check(`${registry.name}/there:2`);
    assert.deepEqual(more, []);
    assert.equal(finding?.severity, 'error');
    assert.equal(finding.problem, `The registry ${registry.name} has no \`there:2\`.`);
    assert.equal((await check('no name'))[0]?.severity, 'error');
  });

  test('the image that a runner would get is examined: the snapshot’s, unless there is one for all or one is built', async () => {
    const none = { orchestrator: undefined, all: [] };
    assert.match((await preparation({}).examine(none))[0]?.problem ?? '', /has no image for its orchestrator/);
    for (const sources of OWN_RUNNERS) assert.deepEqual(await preparation(sources()).examine(none), []);
  });

  test('each image of the snapshot is looked for: without the runner’s no run begins, of the others is warned', async () => {
    await pushEmptyImage(`${registry.name}/there:1`);
    const [there, orchestrator, ofStep] = ['there:1', 'orchestrator:2', 'step:2'].map(
      (name) => `${registry.name}/${name}`,
    );
    const images = { orchestrator, all: [orchestrator, there, ofStep].flatMap((image) => image ?? []) };
    const examined = async (sources: Partial<ImageSources>) =>
      (await preparation(sources).examine(images)).map(({ severity, problem }) => `${severity}: ${problem}`);
    const problem = (name: string) => `The registry ${registry.name} has no \`${name}\`.`;
    const ofOthers = `warning: ${problem('step:2')}`;
    assert.deepEqual(await examined({}), [`error: ${problem('orchestrator:2')}`, ofOthers]);
    for (const sources of OWN_RUNNERS) {
      assert.deepEqual(await examined(sources()), [`warning: ${problem('orchestrator:2')}`, ofOthers]);
    }
  });

  test('a registry that refuses leaves it open whether the nodes can pull', async () => {
    const closed = await startRegistry({ username: 'a', password: 'b' });
    try {
      const [finding] = await preparation({}).check(`${closed.name}/there:1`);
      assert.equal(finding?.severity, 'warning');
      assert.match(finding.problem, /refuses the credentials/);
    } finally {
      await closed.stop();
    }
  });

  test('the right to push is looked for', async () => {
    const closed = await startRegistry({ username: 'a', password: 'b' });
    try {
      const findings = (dockerRegistry: string) => preparation({ buildRunnerImage: true, dockerRegistry }).diagnose();
      assert.deepEqual(await findings(registry.name), []);
      assert.match(
        (await findings(closed.name))[0]?.problem ?? '',
        /^No image can be pushed .* refuses the credentials/,
      );
      assert.match((await findings('https://x.example'))[0]?.problem ?? '', /is an address/);
    } finally {
      await closed.stop();
    }
  });

  test('a registry that makes no repositories is said to lack one', async () => {
    const without = createServer((_request, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => without.listen(0, '127.0.0.1', resolve));
    const dockerRegistry = `127.0.0.1:${(without.address() as AddressInfo).port}/missing`;
    try {
      const [finding] = await preparation({ buildRunnerImage: true, dockerRegistry }).diagnose();
      assert.equal(finding?.severity, 'error');
      const problem = `No image can be pushed to ${dockerRegistry}: the registry has no repository \`missing/zenml-runner\`.`;
      assert.equal(finding.problem, problem);
    } finally {
      without.close();
    }
  });
});
