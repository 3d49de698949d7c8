import type { BodyOf, Model } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { fromDatabaseId, toDatabaseId, toNullableId } from '../../database/ids.ts';
import { keyError } from '../../errors.ts';
import { attachTags, type TagReference } from '../tags/tags-service.ts';
import { requireArtifacts, toLinks } from './step-artifacts.ts';
import type { RunPipeline } from './step-configurations-read-model.ts';
import { classifyInput, inputOverrides } from './step-inputs.ts';
import * as links from './step-links-store.ts';
import type * as store from './steps-store.ts';

/** What a client says of a new step run. */
export type StepRequest = BodyOf<'create_run_step_api_v1_steps_post'>;

/** A step run that was just inserted; ids in database form. */
export interface NewStep {
  readonly id: string;
  readonly request: StepRequest;
  readonly run: store.RunOfStep;
  readonly step: Model<'Step-Output'>;
  readonly pipeline: RunPipeline;
  readonly projectId: string;
  readonly userId: string;
}

/** Connects a new step run: with its parents, inputs and outputs, and with what a cached one takes over. @throws ApiError 404 */
export async function linkStep(transaction: Transaction, created: NewStep): Promise<void> {
  const { id, request, run, step, pipeline, projectId, userId } = created;
  const wasCached = request.status === 'cached' || request.status === 'skipped';
  const originalId = toNullableId(request.original_step_run_id);
  const outputs = toLinks(request.outputs ?? {});
  if (wasCached && originalId) await links.copyMetadata(transaction, originalId, id);
  if (wasCached) {
    const target = { type: 'artifact_version', ids: outputs.map((output) => output.artifactId), userId } as const;
    await attachTags(transaction, target, cascadingTags(pipeline));
  }
  await links.insertParents(transaction, { id, name: request.name, runId: run.id }, step.spec.upstream_steps);
  const inputs = await classifyInputs(transaction, created, originalId);
  await requireArtifacts(transaction, projectId, { 'input artifact': inputs, 'output artifact': outputs });
  await links.insertInputs(transaction, id, inputs);
  await links.insertOutputs(transaction, id, outputs);
}

function cascadingTags({ configuration }: RunPipeline): TagReference[] {
  const tags = (configuration['tags'] ?? []) as TagReference[];
  return tags.filter((tag) => typeof tag !== 'string' && tag.cascade === true);
}

/** A cached step took its inputs as the step did whose result it reuses; they may have been loaded by hand. */
async function classifyInputs(
  transaction: Transaction,
  { request, step, pipeline }: NewStep,
  originalId: string | null,
): Promise<links.InputLink[]> {
  const reported = Object.entries(request.inputs ?? {});
  if (!originalId) {
    const overrides = inputOverrides(pipeline.configuration, request.name, step.config.name);
    return reported.flatMap(([name, ids]) =>
      ids.map((id, position) => ({
        name,
        artifactId: toDatabaseId(id),
        ...classifyInput(step, overrides, name, position),
      })),
    );
  }
  const originals = await links.findInputs(transaction, originalId);
  return toLinks(request.inputs ?? {}).map(({ name, artifactId }) => {
    const original = originals.find((input) => input.name === name && input.artifactId === artifactId);
    if (original) return original;
    throw keyError(
      `No input artifact found for input name \`${name}\`, artifact version \`${fromDatabaseId(artifactId)}\` and step ` +
        `run \`${fromDatabaseId(originalId)}\`.`,
    );
  });
}
