import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Job } from '@kubernetes/client-node';
import { LABELS, selectorOfBuilds } from '../kubernetes/labels.ts';
import { failureOf, pendingReasonOf } from '../kubernetes/pod-reasons.ts';
import { type SeenPod, seeJob, seePods } from '../kubernetes/seen.ts';
import { type Builders, WorkloadError } from '../manager.ts';
import { findBuildFailure } from './build-failure.ts';
import type { BuilderCluster } from './builder-cluster.ts';
import { type BuilderJob, builderJob, builderSecret } from './builder-job.ts';
import type { BuildImage, ImageBuild } from './image-preparation.ts';
import type { ImageRegistry } from './image-registry.ts';
import { createSharedWork } from './shared-work.ts';

/** What images are built with. */
export interface ImageBuilderParts extends Pick<BuilderJob, 'job' | 'builder'> {
  readonly cluster: BuilderCluster;
  readonly registry: ImageRegistry;
  /** Whether the role grants Secrets. */
  readonly secretsIn: () => Promise<BuilderJob['secretsIn']>;
  /** Whether somebody else waits for a builder, in whichever replica. */
  readonly isAwaited: Builders['isAwaited'];
  /** How long a builder's pod may take to start, seconds. */
  readonly startTimeoutSeconds: number;
}

/** How often a builder is looked at, milliseconds. A role may grant no watch. */
const INTERVAL = 1000;
/** How soon a Job makes its pod where nothing keeps it from that, milliseconds. */
const PATIENCE_FOR_POD = 3000;
/** How often a build begins again because its Job went away. */
const MAX_JOBS = 5;
const LAST_LINES = 200;
/** Exit codes of a process that was ended by a signal: SIGKILL, SIGTERM. */
const KILLED: ReadonlySet<number> = new Set([137, 143]);

/**
 * Builds images in Jobs. A Job's name follows from its image, so that replicas which need the same image at the same time
 * wait for one Job. A build that nobody waits for any more is given up.
 */
export function createImageBuilder(parts: ImageBuilderParts): BuildImage {
  const share = createSharedWork<string>();
  return (build, signal) =>
    share(build.name.image, {
      signal,
      work: (ending, tell) => buildWithJob(parts, build, ending, tell),
      // Also of those who come when it is being built already.
      hear: (buildId) => build.request.onBuilder?.(buildId),
    });
}

async function buildWithJob(
  parts: ImageBuilderParts,
  build: ImageBuild,
  signal: AbortSignal,
  tell: (buildId: string) => void,
): Promise<void> {
  for (let count = 0; count < MAX_JOBS; count++) {
    signal.throwIfAborted();
    const job = await beginOrJoin(parts, build, signal);
    if (job === 'built') return;
    if (job === 'again') continue;
    tell(job.buildId);
    if ((await waitFor(parts, job, signal)) === 'built') return;
    // It may have ended well before somebody deleted it.
    if ((await parts.registry.hasImage(build.reference, signal)).outcome === 'yes') return;
  }
  throw new Error(`the image ${build.name.image} was not built: its Jobs were deleted, ${MAX_JOBS} in a row`);
}

/** A Job that builds our image now. */
interface Builder {
  readonly name: string;
  readonly uid: string;
  readonly buildId: string;
  /** Finds this Job, and none of the same name that comes after it. */
  readonly selector: string;
  readonly begun: number;
}

/** Creates the Job or takes the one that there is. A finished one says nothing of this build, and goes. */
async function beginOrJoin(
  { cluster, registry, job, builder, secretsIn }: ImageBuilderParts,
  build: ImageBuild,
  signal: AbortSignal,
): Promise<Builder | 'built' | 'again'> {
  const credentials = await registry.builderCredentials(build.reference, signal);
  const made = { build, job, builder, credentials, secretsIn: await secretsIn() };
  const buildId = randomBytes(4).toString('hex');
  const created = await cluster.createJob(builderJob({ ...made, buildId }));
  const found = created ?? (await cluster.readJob(build.name.builderName));
  if (!found) return 'again';
  const begun = builderOf(found);
  const outcome = seeJob(found)?.outcome;
  if (outcome === undefined) {
    const secret = builderSecret({ ...made, buildId: begun.buildId }, begun.uid);
    if (secret) await cluster.createSecret(secret);
    return begun;
  }
  if (outcome === 'complete' && (await registry.hasImage(build.reference, signal)).outcome !== 'no') return 'built';
  await cluster.deleteJobs(begun.selector);
  return 'again';
}

function builderOf({ metadata }: V1Job): Builder {
  const buildId = metadata?.labels?.[LABELS.build] ?? '';
  const selector = selectorOfBuilds([buildId]);
  return { name: metadata?.name ?? '', uid: metadata?.uid ?? '', buildId, selector, begun: Date.now() };
}

/** @returns `gone` where somebody deleted the Job */
async function waitFor(parts: ImageBuilderParts, builder: Builder, signal: AbortSignal): Promise<'built' | 'gone'> {
  const { cluster } = parts;
  for (;;) {
    const job = await cluster.readJob(builder.name);
    if (!job || job.metadata?.uid !== builder.uid) return 'gone';
    const seen = seeJob(job);
    if (seen?.outcome === 'complete') return 'built';
    const pod = await latestPod(cluster, builder);
    if (seen?.outcome === 'failed') throw await failure(cluster, pod, seen.reason);
    await endWhereItDoesNotStart(parts, builder, pod);
    try {
      await sleep(INTERVAL, undefined, { signal });
    } catch (error) {
      // Where that cannot be told it goes on: it ends by itself, and its image is of use.
      if (!(await parts.isAwaited(builder.buildId).catch(() => true))) await cluster.deleteJobs(builder.selector);
      throw error;
    }
  }
}

async function latestPod(cluster: BuilderCluster, { selector }: Builder): Promise<SeenPod | undefined> {
  return seePods(await cluster.listPods(selector)).at(-1);
}

/** Ends a builder whose pod is refused, or takes too long to start. */
async function endWhereItDoesNotStart(
  { cluster, startTimeoutSeconds, builder: { unconfined } }: ImageBuilderParts,
  builder: Builder,
  pod: SeenPod | undefined,
): Promise<void> {
  if (pod?.container?.started !== undefined) return;
  const waited = Date.now() - builder.begun;
  if (waited < startTimeoutSeconds * 1000 && (pod || waited < PATIENCE_FOR_POD)) return;
  const warning = await cluster.findWarning(pod?.name ?? builder.name);
  const policy = pod ? undefined : /violates PodSecurity "([a-z]+)/.exec(warning ?? '')?.[1];
  if (policy === undefined && waited < startTimeoutSeconds * 1000) return;
  await cluster.deleteJobs(builder.selector);
  if (policy !== undefined) throw new WorkloadError(refusedBy(policy, unconfined));
  const reason = (pod && pendingReasonOf(pod)) ?? warning ?? (pod ? 'its pod is pending' : 'its Job makes no pod');
  throw new WorkloadError(`The builder of its image did not start within ${startTimeoutSeconds} s: ${reason}`);
}

function refusedBy(policy: string, unconfined: boolean): string {
  const allowing = unconfined ? 'privileged' : 'baseline';
  const why = unconfined ? ', which ZENML_WORKSPACE_BUILDER_UNCONFINED lets run without seccomp and AppArmor' : '';
  return (
    `The namespace's Pod Security Standard \`${policy}\` refuses the builder of its image${why}. Where images are built, ` +
    `label it \`pod-security.kubernetes.io/enforce: ${allowing}\`.`
  );
}

/** A build that fails would fail again; one that was cut short may be tried again. */
async function failure(
  cluster: BuilderCluster,
  pod: SeenPod | undefined,
  jobReason: string | undefined,
): Promise<Error> {
  const container = pod?.container;
  if (!pod || !container?.exitCode || KILLED.has(container.exitCode) || pod.disruption !== undefined) {
    const message = `Its image could not be built: ${failureOf(pod, jobReason)}`;
    const isFinal = container?.exitReason === 'OOMKilled' || jobReason === 'DeadlineExceeded';
    return isFinal ? new WorkloadError(message) : new Error(message);
  }
  const log = (await cluster.readLastLines(pod.name, LAST_LINES)) ?? container.lastLines ?? '';
  const { cause, mayPass } = findBuildFailure(log) ?? { cause: failureOf(pod, jobReason), mayPass: false };
  const message = `Its image could not be built: ${cause}`;
  return mayPass ? new Error(message) : new WorkloadError(message);
}
