import type { Model } from '../../../contract/operation-types.ts';

/** A node of a run's graph. */
export type DagNode = Model<'Node'>;

type Metadata = Record<string, unknown>;

/** Nodes of one kind by their id; one that comes twice keeps its first place and takes the later values. */
type Nodes = Map<string, DagNode>;

/** Names are parts of node ids, which slashes divide. */
function part(name: string): string {
  return name.replaceAll('/', '-');
}

/** A run's graph while it is put together (ZenML 0.98.0 zen_stores/dag/dag_generator.py). */
export class DagGraph {
  readonly #steps: Nodes = new Map();
  readonly #artifacts: Nodes = new Map();
  readonly #waitConditions: Nodes = new Map();
  readonly #triggeredRuns: Nodes = new Map();
  readonly #childRuns: Nodes = new Map();
  readonly #edges: Model<'Edge'>[] = [];

  addStep(name: string, id: string | null, metadata: Metadata): DagNode {
    return add(this.#steps, { type: 'step', node_id: `step/${part(name)}`, id, name, metadata });
  }

  step(name: string): DagNode | undefined {
    return this.#steps.get(`step/${part(name)}`);
  }

  /** @param key what tells the artifact from the step's others: its name, or its id where names may repeat. */
  addArtifact(
    place: { step: string; direction: 'inputs' | 'outputs'; type: string; key: string },
    artifact: { id?: string; name: string; metadata?: Metadata },
  ): DagNode {
    const node_id = `${part(place.step)}/${place.direction}/${place.type}/${part(place.key)}`;
    const { id = null, name, metadata = {} } = artifact;
    return add(this.#artifacts, { type: 'artifact', node_id, id, name, metadata });
  }

  addWaitCondition(name: string, id: string, metadata: Metadata): DagNode {
    const node_id = `wait_condition/${part(name)}`;
    return add(this.#waitConditions, { type: 'wait_condition', node_id, id, name, metadata });
  }

  addTriggeredRun(name: string, id: string, metadata: Metadata): DagNode {
    return add(this.#triggeredRuns, { type: 'triggered_run', node_id: `run/${part(name)}`, id, name, metadata });
  }

  /** Child runs bear the type of triggered runs, which is what dashboards know. */
  addChildRun(name: string, id: string, metadata: Metadata): DagNode {
    return add(this.#childRuns, { type: 'triggered_run', node_id: `child_run/${part(name)}`, id, name, metadata });
  }

  connect(source: DagNode, target: DagNode, metadata: Metadata = {}): void {
    this.#edges.push({ source: source.node_id, target: target.node_id, metadata });
  }

  finish(id: string, status: Model<'ExecutionStatus'>): Model<'PipelineRunDAG'> {
    const kinds = [this.#steps, this.#artifacts, this.#waitConditions, this.#triggeredRuns, this.#childRuns];
    return { id, status, nodes: kinds.flatMap((nodes) => [...nodes.values()]), edges: this.#edges };
  }
}

function add(nodes: Nodes, node: DagNode): DagNode {
  nodes.set(node.node_id, node);
  return node;
}
