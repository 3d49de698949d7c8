import { type Finding, type ImageRequest, type SnapshotImages, WorkloadError } from '../manager.ts';
import { type ImageReference, parseImage } from './image-reference.ts';
import type { ImageRegistry } from './image-registry.ts';
import { createAbsenceCheck } from './presence.ts';
import { mistakeOfRegistry, type RunnerImageName, runnerImageName } from './runner-image-name.ts';

/** Where the images of runners come from. The first that applies: built ones, the pre-built one, those of snapshots. */
export interface ImageSources {
  readonly buildRunnerImage: boolean;
  /** Of built images; with or without a path. */
  readonly dockerRegistry: string | undefined;
  /** One for all runners. */
  readonly runnerImage: string | undefined;
}

/** What is to be built, and for whom. */
export interface ImageBuild {
  readonly name: RunnerImageName;
  /** The image's name, taken apart. */
  readonly reference: ImageReference;
  readonly dockerfile: string;
  readonly request: ImageRequest;
}

/**
 * Builds an image and pushes it; returns when the registry has it. May be called at the same time from anywhere, and
 * builds once.
 * @throws {WorkloadError} where another try would end the same
 */
export type BuildImage = (build: ImageBuild, signal: AbortSignal) => Promise<void>;

/** Finds or makes the images of runners. */
export interface ImagePreparation {
  /** @throws {WorkloadError} with the reason, where there is none */
  prepare(request: ImageRequest, signal: AbortSignal): Promise<string>;
  /** Whether an image can be pulled, as far as the server can tell: the nodes may know more. */
  check(image: string, signal?: AbortSignal): Promise<readonly Finding[]>;
  /** Whether a runner of a snapshot with these images would get one; of the others only a warning: what is cached needs none. */
  examine(images: SnapshotImages): Promise<readonly Finding[]>;
  /** What is wrong with the configured registry and image, before any run. */
  diagnose(): Promise<readonly Finding[]>;
}

interface Parts {
  readonly sources: ImageSources;
  readonly registry: ImageRegistry;
  readonly buildImage: BuildImage;
}

/** Prepares images as configured. */
export function createImagePreparation({ sources, registry, buildImage }: Parts): ImagePreparation {
  const check = (image: string, signal?: AbortSignal) => checkImage(registry, image, signal);
  const findAbsence = createAbsenceCheck(registry);
  const { buildRunnerImage, dockerRegistry, runnerImage } = sources;
  if (buildRunnerImage && dockerRegistry !== undefined) {
    return {
      prepare: (request, signal) => findOrBuild({ registry, buildImage, dockerRegistry }, request, signal),
      check,
      // What is not there is built: whether it can be pushed is a matter of the registry alone.
      examine: ({ all }) => checkOthers(check, all),
      diagnose: () => checkPush(registry, dockerRegistry),
    };
  }
  return {
    async prepare({ snapshotImage }, signal) {
      const image = runnerImage ?? snapshotImage;
      if (image === undefined) throw new WorkloadError(`${NO_ORCHESTRATOR_IMAGE.problem} ${FIX_BUILD}`);
      const absence = await findAbsence(image, signal);
      if (absence !== undefined) throw new WorkloadError(`${absence} ${FIX_MISSING}`);
      return image;
    },
    check,
    async examine({ orchestrator, all }) {
      // One for all runners is a matter of the configuration.
      if (runnerImage !== undefined) return checkOthers(check, all);
      const [ofRunner, others] = await Promise.all([
        orchestrator === undefined ? [NO_ORCHESTRATOR_IMAGE] : check(orchestrator),
        checkOthers(
          check,
          all.filter((image) => image !== orchestrator),
        ),
      ]);
      return [...ofRunner, ...others];
    },
    diagnose: async () => (runnerImage === undefined ? [] : check(runnerImage)),
  };
}

const FIX_BUILD =
  'Build the snapshot anew, or have the server build images (ZENML_KUBERNETES_WORKLOAD_MANAGER_BUILD_RUNNER_IMAGE).';
const NO_ORCHESTRATOR_IMAGE: Finding = {
  severity: 'error',
  problem: 'The build of the snapshot has no image for its orchestrator.',
  fix: FIX_BUILD,
};

interface Builds extends Pick<Parts, 'registry' | 'buildImage'> {
  readonly dockerRegistry: string;
}

async function findOrBuild(
  { registry, buildImage, dockerRegistry }: Builds,
  request: ImageRequest,
  signal: AbortSignal,
): Promise<string> {
  const name = runnerImageName(dockerRegistry, request.dockerfile);
  const image = parseImage(name.image);
  if (!image) throw new WorkloadError(`the registry \`${dockerRegistry}\` ${mistakeOfRegistry(dockerRegistry)}.`);
  const answer = await registry.hasImage(image, signal);
  if (answer.outcome === 'yes') return name.image;
  if (answer.outcome === 'unreachable') throw new Error(`the registry ${image.registry} ${answer.message}`);
  // Registries also refuse where they have no such repository yet: then the push tells.
  await registry.prepareRepository(image, signal);
  await buildImage({ name, reference: image, dockerfile: request.dockerfile, request }, signal);
  const after = await registry.hasImage(image, signal);
  if (after.outcome === 'no')
    throw new WorkloadError(`the image was built and pushed, but ${image.registry} ${after.message}`);
  return name.image;
}

async function checkImage(
  registry: ImageRegistry,
  name: string,
  signal: AbortSignal | undefined,
): Promise<readonly Finding[]> {
  const image = parseImage(name);
  if (!image) return [{ severity: 'error', problem: `\`${name}\` is not the name of an image.`, fix: FIX_NAME }];
  const answer = await registry.hasImage(image, signal);
  if (answer.outcome === 'yes') return [];
  const problem = `The registry ${image.registry} ${answer.message}`;
  if (answer.outcome === 'no') return [{ severity: 'error', problem: `${problem}.`, fix: FIX_MISSING }];
  return [{ severity: 'warning', problem: `${problem}: whether it has \`${name}\` is not known.`, fix: FIX_UNKNOWN }];
}

/** Images that a run may need once it has been started: nodes may still have them, and steps that are cached need none. */
async function checkOthers(check: ImagePreparation['check'], images: readonly string[]): Promise<readonly Finding[]> {
  const found = await Promise.all(images.map((image) => check(image)));
  return found.flat().map((finding) => ({ ...finding, severity: 'warning' }));
}

const FIX_NAME = 'Name it as registry/repository:tag.';
const FIX_MISSING = 'Push it, or build the snapshot again: `zenml pipeline build`.';
const FIX_UNKNOWN =
  'Nodes may pull it all the same. Name a pull secret of the namespace in ZENML_WORKSPACE_IMAGE_PULL_SECRET to have it checked.';

async function checkPush(registry: ImageRegistry, dockerRegistry: string): Promise<readonly Finding[]> {
  const mistake = mistakeOfRegistry(dockerRegistry);
  const image = parseImage(runnerImageName(dockerRegistry, '').image);
  if (mistake !== undefined || !image) {
    const problem = `ZENML_KUBERNETES_WORKLOAD_MANAGER_DOCKER_REGISTRY: \`${dockerRegistry}\` ${mistake}.`;
    return [{ severity: 'error', problem, fix: 'Name it as registry.example.com or registry.example.com/path.' }];
  }
  const answer = await registry.mayPush(image);
  if (answer.outcome === 'yes') return [];
  const problem = `No image can be pushed to ${dockerRegistry}: the registry ${answer.message}.`;
  return [{ severity: answer.outcome === 'unreachable' ? 'warning' : 'error', problem, fix: FIX_PUSH[answer.outcome] }];
}

const FIX_PUSH = {
  no: 'Make the repository: this registry makes none by a push.',
  refused:
    'Give the server’s cloud identity its rights (docs/workload-managers.md#credentials), or name a pull secret of the namespace that may push in ZENML_WORKSPACE_IMAGE_PULL_SECRET.',
  unreachable: 'Let the server reach it; a registry without TLS is named in ZENML_WORKSPACE_PLAIN_HTTP_REGISTRIES.',
};
