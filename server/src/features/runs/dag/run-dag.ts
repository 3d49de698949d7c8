import type { Model } from '../../../contract/operation-types.ts';
import { fromDatabaseId } from '../../../database/ids.ts';
import { toApiInstant } from '../../../database/instants.ts';
import { asFloat } from '../../../exact-numbers.ts';
import { formatNameTemplate } from '../../name-template.ts';
import type { RunMetadata } from '../../run-metadata/run-metadata-read-model.ts';
import { DagGraph, type DagNode } from './dag-graph.ts';
import { inDependencyOrder, type StepView } from './step-views.ts';

/** A run or step run as a node; ids and instants in database form. */
export interface TimedRow {
  id: string;
  name: string;
  status: string;
  start_time: string | null;
  end_time: string | null;
}

/** An artifact version that a step read or wrote. */
export interface ArtifactRow {
  step_id: string;
  name: string;
  artifact_id: string;
  artifact_type: string;
  data_type: string;
  save_type: string;
}

/** An artifact version that a step read. */
export interface InputRow extends ArtifactRow {
  type: string;
  input_index: number;
  chunk_index: number | null;
  chunk_size: number | null;
}

/** A point at which a run waits for an answer. */
export interface WaitConditionRow {
  id: string;
  name: string;
  status: string;
  type: string;
  created: string;
  resolution: string | null;
  question: string | null;
  resolved_at: string | null;
}

/** Everything that a run's graph is drawn from. */
export interface DagFacts {
  readonly run: { id: string; status: Model<'ExecutionStatus'> };
  /** The configured steps by name, with all substitutions that apply to them. */
  readonly steps: ReadonlyMap<string, StepView>;
  /** The step runs by name, without those that a retry replaced. */
  readonly stepRuns: ReadonlyMap<string, TimedRow>;
  readonly inputs: ReadonlyMap<string, readonly InputRow[]>;
  readonly outputs: ReadonlyMap<string, readonly ArtifactRow[]>;
  readonly stepMetadata: ReadonlyMap<string, RunMetadata>;
  readonly triggeredRuns: ReadonlyMap<string, readonly (TimedRow & { index: number })[]>;
  readonly childRuns: readonly TimedRow[];
  readonly waitConditions: readonly WaitConditionRow[];
}

/**
 * Draws the graph of a run: its steps in order of dependency, what they read and wrote, or are going to, and the runs
 * that they started (ZenML 0.98.0 SqlZenStore.get_pipeline_run_dag).
 */
export function drawDag(facts: DagFacts): Model<'PipelineRunDAG'> {
  const graph = new DagGraph();
  for (const condition of facts.waitConditions) {
    graph.addWaitCondition(condition.name, fromDatabaseId(condition.id), toWaitMetadata(condition));
  }
  const outputs: OutputNodes = new Map();
  for (const step of inDependencyOrder(facts.steps)) drawStep(graph, facts, step, outputs);
  for (const run of facts.childRuns) graph.addChildRun(run.name, fromDatabaseId(run.id), toTimes(run, true));
  return graph.finish(fromDatabaseId(facts.run.id), facts.run.status);
}

/** The nodes of the outputs that steps return, by step and name. */
type OutputNodes = Map<string, Map<string, DagNode>>;

function drawStep(graph: DagGraph, facts: DagFacts, step: StepView, outputs: OutputNodes): void {
  const upstream = new Set(step.upstreamSteps);
  const run = facts.stepRuns.get(step.name);
  const node = graph.addStep(step.name, run ? fromDatabaseId(run.id) : null, {
    ...(step.type && { type: step.type }),
    ...(step.group && { group: step.group }),
    ...(run && toTimes(run)),
    ...toRunMetadata(run && facts.stepMetadata.get(run.id)),
  });
  const drawing = { graph, facts, step, node, upstream, outputs };
  outputs.set(step.name, new Map());
  if (run) drawStepRun(drawing, run);
  else drawPlannedStep(drawing);
  for (const name of upstream) {
    const source = graph.step(name);
    if (source) graph.connect(source, node);
  }
}

interface Drawing {
  readonly graph: DagGraph;
  readonly facts: DagFacts;
  readonly step: StepView;
  readonly node: DagNode;
  /** The steps that this one waits for and that no artifact connects it to yet. */
  readonly upstream: Set<string>;
  readonly outputs: OutputNodes;
}

function drawStepRun(drawing: Drawing, run: TimedRow): void {
  const { graph, facts, node } = drawing;
  for (const input of facts.inputs.get(run.id) ?? []) drawInput(drawing, input);
  for (const output of facts.outputs.get(run.id) ?? []) drawOutput(drawing, output);
  drawPlannedOutputs(drawing);
  for (const triggered of facts.triggeredRuns.get(run.id) ?? []) {
    const metadata = { ...toTimes(triggered), index: triggered.index };
    graph.connect(node, graph.addTriggeredRun(triggered.name, fromDatabaseId(triggered.id), metadata));
  }
}

function drawInput(drawing: Drawing, input: InputRow): void {
  const { graph, step, node } = drawing;
  const source = input.type === 'step_output' ? producedBy(drawing, input) : undefined;
  if (input.type === 'step_output' && !source) return;
  // Loaded artifacts get a node of their own, even where another step of this run has made them.
  const key = input.type === 'manual' ? fromDatabaseId(input.artifact_id) : input.name;
  const artifact =
    source ?? graph.addArtifact({ step: step.name, direction: 'inputs', type: input.type, key }, toArtifact(input));
  graph.connect(artifact, node, {
    input_name: input.name,
    type: input.type,
    index: input.input_index,
    chunk_index: input.chunk_index,
    chunk_size: input.chunk_size,
  });
}

function producedBy({ step, facts, upstream, outputs }: Drawing, input: InputRow): DagNode | undefined {
  const source = step.inputs.get(input.name)?.[input.input_index];
  if (!source) return undefined;
  upstream.delete(source.step_name);
  return findOutput(facts, outputs, source);
}

function findOutput(
  { steps }: DagFacts,
  outputs: OutputNodes,
  source: { step_name: string; output_name: string },
): DagNode | undefined {
  const producer = steps.get(source.step_name);
  return producer && outputs.get(source.step_name)?.get(fill(source.output_name, producer));
}

function drawOutput({ graph, step, node, outputs }: Drawing, output: ArtifactRow): void {
  // What a step saves by itself may bear the same name twice.
  const key = output.save_type === 'manual' ? fromDatabaseId(output.artifact_id) : output.name;
  const place = { step: step.name, direction: 'outputs', type: output.save_type, key } as const;
  const artifact = graph.addArtifact(place, toArtifact(output));
  graph.connect(node, artifact, { output_name: output.name, type: output.save_type });
  if (output.save_type === 'step_output') outputs.get(step.name)?.set(output.name, artifact);
}

/** Outputs that the step has not returned yet, because it runs, failed, or has yet to begin. */
function drawPlannedOutputs({ graph, step, node, outputs }: Drawing): void {
  const known = outputs.get(step.name);
  for (const template of step.outputs) {
    const name = fill(template, step);
    if (known?.has(name)) continue;
    const place = { step: step.name, direction: 'outputs', type: 'step_output', key: name } as const;
    const artifact = graph.addArtifact(place, { name });
    graph.connect(node, artifact, { output_name: template, type: 'step_output' });
    known?.set(name, artifact);
  }
}

function drawPlannedStep(drawing: Drawing): void {
  const { graph, facts, step, node, upstream, outputs } = drawing;
  for (const [input_name, sources] of step.inputs) {
    for (const source of sources) {
      const artifact = findOutput(facts, outputs, source);
      if (!artifact) continue;
      const { chunk_index, chunk_size } = source;
      graph.connect(artifact, node, { input_name, type: 'step_output', chunk_index, chunk_size });
      upstream.delete(source.step_name);
    }
  }
  for (const name of step.lazyInputs) drawPlannedInput(drawing, name, 'lazy');
  for (const name of step.externalInputs) drawPlannedInput(drawing, name, 'external');
  drawPlannedOutputs(drawing);
}

function drawPlannedInput({ graph, step, node }: Drawing, name: string, type: 'lazy' | 'external'): void {
  const artifact = graph.addArtifact({ step: step.name, direction: 'inputs', type, key: name }, { name });
  graph.connect(artifact, node, { input_name: name, type });
}

function fill(template: string, { substitutions }: StepView): string {
  return template.includes('{') ? formatNameTemplate(template, substitutions) : template;
}

function toArtifact(row: ArtifactRow) {
  const metadata = { type: row.artifact_type, data_type: toImportPath(row.data_type), save_type: row.save_type };
  return { id: fromDatabaseId(row.artifact_id), name: row.name, metadata };
}

/** @param source JSON text, or the path itself, as old versions of ZenML stored it. */
function toImportPath(source: string): string {
  if (!source.startsWith('{')) return source;
  const { module, attribute } = JSON.parse(source) as { module: string; attribute?: string | null };
  return attribute ? `${module}.${attribute}` : module;
}

function toTimes({ status, start_time, end_time }: TimedRow, withEnd = false): Record<string, unknown> {
  if (start_time === null) return { status };
  const start = { status, start_time: toApiInstant(start_time) };
  if (end_time === null) return start;
  const seconds = (Date.parse(`${end_time}Z`) - Date.parse(`${start_time}Z`)) / 1000;
  return { ...start, ...(withEnd && { end_time: toApiInstant(end_time) }), duration: asFloat(seconds) };
}

function toRunMetadata(metadata: RunMetadata | undefined): { run_metadata?: RunMetadata } {
  return metadata ? { run_metadata: metadata } : {};
}

function toWaitMetadata(condition: WaitConditionRow): Record<string, unknown> {
  const { status, type, created, resolution, question, resolved_at } = condition;
  return {
    status,
    type,
    created_at: toApiInstant(created),
    ...(resolution && { resolution }),
    ...(question && { question }),
    ...(resolved_at && { resolved_at: toApiInstant(resolved_at) }),
  };
}
