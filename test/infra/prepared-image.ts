import { ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { pino } from 'pino';
import type { Config } from '../../server/src/config/config.ts';
import { testOwner } from '../../server/src/testing/test-workloads.ts';
import { aws } from '../../server/src/workloads/aws/aws-cloud.ts';
import { createConfiguredImages } from '../../server/src/workloads/images/configured-images.ts';
import { parseImage } from '../../server/src/workloads/images/image-reference.ts';
import { runnerImageName } from '../../server/src/workloads/images/runner-image-name.ts';
import { connectCluster } from '../../server/src/workloads/kubernetes/cluster.ts';

const DOCKERFILE = 'FROM zenmldocker/zenml:0.98.0-py3.12';

/** A registry as a configured server sees it. */
export interface SeenRegistry {
  /** What keeps images from being pushed: nothing where all is well. */
  readonly problems: readonly string[];
  /** The image that a runner gets, which the registry had. */
  readonly image: string;
  /** Of the registry, with the token that builders get. */
  readonly dockerConfig: string | undefined;
}

/** Lets a configured server look at its registry, and prepare a runner's image that a builder pushed before. */
export async function prepareImage({ workloads }: Config, region: string): Promise<SeenRegistry> {
  const { kubernetes, runnerTimeoutSeconds } = workloads;
  if (kubernetes?.dockerRegistry === undefined) throw new Error('The configuration names no registry.');
  const config = { ...kubernetes, runnerTimeoutSeconds };
  const cluster = connectCluster(config);
  const registry = aws.createRegistry(config, cluster, pino({ level: 'silent' }));
  const isAwaited = async () => false;
  const images = createConfiguredImages({ config, cluster, serverId: '', registry, isAwaited, startTimeoutSeconds: 1 });
  const problems = (await images.diagnose()).map(({ problem }) => problem);
  const { image } = runnerImageName(kubernetes.dockerRegistry, DOCKERFILE);
  const reference = parseImage(image);
  if (!reference) throw new Error(`${image} is no image`);
  const signal = AbortSignal.timeout(120_000);
  const request = { workloadName: 'runner', owner: testOwner('run'), snapshotImage: undefined, dockerfile: DOCKERFILE };
  await registry.prepareRepository(reference, signal);
  await push(reference.repository, reference.reference, region);
  const credentials = await registry.builderCredentials(reference, signal);
  return {
    problems,
    image: await images.prepare(request, signal),
    dockerConfig: credentials?.kind === 'docker config' ? credentials.json : undefined,
  };
}

/** Gives the registry a manifest, as a builder does when all layers are there. */
async function push(repositoryName: string, imageTag: string, region: string): Promise<void> {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType, config: {}, layers: [] });
  await new ECRClient({ region }).send(new PutImageCommand({ repositoryName, imageManifest, imageTag }));
}
