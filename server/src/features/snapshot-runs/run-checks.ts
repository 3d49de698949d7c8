import { createHash } from 'node:crypto';
import { isUuid } from '../../database/ids.ts';
import { valueError } from '../../errors.ts';
import { isObject, type Json } from '../../json.ts';
import type { SnapshotImages } from '../../workloads/manager.ts';
import { isLocalComponent } from './local-components.ts';
import type { RunBuild, RunSource, RunStack } from './run-source-read-model.ts';

/** A snapshot that the server can run. */
export interface RunnableSource extends RunSource {
  readonly stack: RunStack;
  readonly build: RunBuild & { readonly stack: RunStack; readonly zenmlVersion: string };
}

/**
 * Checks that the server can run a snapshot, as the reference does and in its words.
 * @throws ApiError ValueError 400
 */
export function checkRunnable(source: RunSource): RunnableSource {
  const { build, stack } = source;
  if (!build || build.isLocal || !build.stack) {
    if (stack) checkStack(stack);
    throw valueError(
      build
        ? 'This snapshot can not be run via the server.'
        : 'This snapshot can not be run via the server because it does not have an associated build. This is probably ' +
            'because the build has been deleted.',
    );
  }
  if (build.stackChecksum && build.stackChecksum !== stackChecksum(build.stack)) {
    throw valueError(
      `The stack ${build.stack.name} has been updated since it was used for the snapshot. This means the Docker images ` +
        'associated with this template most likely do not contain the necessary requirements. Please create a new ' +
        'snapshot with the updated stack.',
    );
  }
  checkStack(build.stack);
  if (!stack) throw valueError('This snapshot can not be run via the server because its stack has been deleted.');
  if (!build.zenmlVersion) {
    throw valueError('This snapshot can not be run via the server because its build has no ZenML version.');
  }
  return { ...source, stack, build: { ...build, stack: build.stack, zenmlVersion: build.zenmlVersion } };
}

/** What a build made. */
interface BuiltImages {
  readonly build: Pick<RunBuild, 'images'>;
}

/** The image that a snapshot's build has for its orchestrator. */
export function orchestratorImage({ build: { images } }: BuiltImages): string | undefined {
  return imageOf(images['orchestrator']);
}

/** All images that the pods of a run of a snapshot may need. */
export function imagesOf(source: BuiltImages): SnapshotImages {
  const all = Object.values(source.build.images).flatMap((item) => imageOf(item) ?? []);
  return { orchestrator: orchestratorImage(source), all: [...new Set(all)] };
}

function imageOf(item: unknown): string | undefined {
  const image = isObject(item) ? item['image'] : undefined;
  return typeof image === 'string' ? image : undefined;
}

function checkStack({ components }: RunStack): void {
  for (const component of components) {
    if (component.isCustom) {
      throw valueError(
        'Unable to run pipeline from the server on a stack that includes stack components with a custom flavor.',
      );
    }
    if (isLocalComponent(component)) {
      throw valueError('Unable to run pipeline from the server on a stack that includes local stack components.');
    }
  }
}

/** The integrations that a stack needs, as builds record them (ZenML 0.98.0 build_utils.compute_stack_checksum). */
export function stackChecksum({ components }: Pick<RunStack, 'components'>): string {
  const integrations = components.flatMap(({ integration }) => integration || []).filter((name) => name !== 'built-in');
  return createHash('md5')
    .update([...new Set(integrations)].sort().join(''))
    .digest('hex');
}

/**
 * Refuses what a run configuration cannot change where nothing is built and nothing compiled.
 * @throws ApiError ValueError 400
 */
export function checkRunConfiguration(configuration: Json, isDynamic: boolean): void {
  if (!isDynamic && hasMembers(configuration['parameters'])) throw valueError(NO_PIPELINE_PARAMETERS);
  if (configuration['build']) throw valueError("Can't set build when running pipeline via Rest API.");
  if (configuration['schedule']) throw valueError("Can't set schedule when running pipeline via Rest API.");
  const { settings, steps } = configuration;
  const ofSteps = isObject(steps) ? Object.values(steps) : [];
  for (const settingsOf of [settings, ...ofSteps.map((step) => (isObject(step) ? step['settings'] : undefined))]) {
    if (isObject(settingsOf) && settingsOf['docker']) {
      throw valueError("Can't set DockerSettings when running pipeline via Rest API.");
    }
  }
}

function hasMembers(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length > 0;
}

const NO_PIPELINE_PARAMETERS =
  "Can't set pipeline parameters when running a static pipeline via the REST API. You can either use dynamic pipelines " +
  'for which you can pass pipeline parameters, or refactore your pipeline code to use step parameters instead of ' +
  'pipeline parameters. For example, instead of: ```yaml parameters:   param1: 1   param2: 2 ``` ' +
  "You'll need to modify your pipeline code to pass parameters directly to steps: " +
  '```yaml steps:   step1:     parameters:       param1: 1       param2: 2 ``` ';

/**
 * The server has no Python to store a value as an artifact, so that inputs can be replaced by stored artifacts only.
 * @throws ApiError ValueError 400
 */
export function checkInputOverrides(configuration: Json): void {
  for (const field of ['step_input_overrides', 'step_default_input_overrides']) {
    const steps = configuration[field];
    for (const [step, inputs] of Object.entries(isObject(steps) ? steps : {})) {
      for (const [input, value] of Object.entries(isObject(inputs) ? inputs : {})) {
        if (typeof value === 'string' && isUuid(value)) continue;
        throw valueError(
          `\`${field}\` must name the artifact version for input \`${input}\` of step \`${step}\` by its id: the server ` +
            'cannot store other values. Save the value as an artifact and pass the id of its version.',
        );
      }
    }
  }
}
