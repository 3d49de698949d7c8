import { asFloat } from '../../../exact-numbers.ts';
import { type ArtifactRow, type DagFacts, drawDag, type InputRow, type TimedRow } from './run-dag.ts';
import { inDependencyOrder, type StepView, toStepView } from './step-views.ts';

const id = (letter: string) => letter.repeat(32);
const shownId = (letter: string) => id(letter).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

function view(name: string, spec: object = {}, config: object = {}): StepView {
  return toStepView(name, JSON.stringify({ spec: { upstream_steps: [], ...spec }, step_config_overrides: config }));
}

const run = (letter: string, name: string, status = 'completed'): TimedRow => ({
  id: id(letter),
  name,
  status,
  start_time: '2026-01-02 03:04:05',
  end_time: '2026-01-02 03:04:15',
});

const artifact = (step: string, letter: string, name: string, save_type = 'step_output'): ArtifactRow => ({
  step_id: id(step),
  name,
  artifact_id: id(letter),
  artifact_type: 'DataArtifact',
  data_type: '{"module": "builtins", "attribute": "int", "type": "builtin"}',
  save_type,
});

function draw(steps: readonly StepView[], facts: Partial<DagFacts> = {}) {
  return drawDag({
    run: { id: id('9'), status: 'running' },
    steps: new Map(steps.map((step) => [step.name, step])),
    stepRuns: new Map(),
    inputs: new Map(),
    outputs: new Map(),
    stepMetadata: new Map(),
    triggeredRuns: new Map(),
    childRuns: [],
    waitConditions: [],
    ...facts,
  });
}

const LOAD = view('load', {}, { outputs: { 'data_{date}': {} }, substitutions: { date: '2026' } });
const FIT = view(
  'fit',
  { upstream_steps: ['load'], inputs: { x: { step_name: 'load', output_name: 'data_{date}' } } },
  { external_input_artifacts: { outside: {} } },
);

describe('the graph of a run', () => {
  test('shows what steps are going to read and write', () => {
    const dag = draw([FIT, LOAD]);
    expect(dag.nodes.map((node) => node.node_id)).toEqual([
      'step/load',
      'step/fit',
      'load/outputs/step_output/data_2026',
      'fit/inputs/external/outside',
    ]);
    expect(dag.edges.map((edge) => `${edge.source} > ${edge.target}`)).toEqual([
      'step/load > load/outputs/step_output/data_2026',
      'load/outputs/step_output/data_2026 > step/fit',
      'fit/inputs/external/outside > step/fit',
    ]);
  });

  test('shows what steps have read and written', () => {
    const input: InputRow = {
      ...artifact('b', 'e', 'x'),
      type: 'step_output',
      input_index: 0,
      chunk_index: null,
      chunk_size: null,
    };
    const dag = draw([LOAD, FIT], {
      stepRuns: new Map([
        ['load', run('a', 'load')],
        ['fit', run('b', 'fit', 'running')],
      ]),
      outputs: new Map([[id('a'), [artifact('a', 'e', 'data_2026')]]]),
      inputs: new Map([[id('b'), [input, { ...input, type: 'manual', artifact_id: id('f'), name: 'loaded' }]]]),
    });
    expect(dag.nodes.find((node) => node.node_id === 'load/outputs/step_output/data_2026')).toMatchObject({
      id: shownId('e'),
      metadata: { type: 'DataArtifact', data_type: 'builtins.int', save_type: 'step_output' },
    });
    expect(dag.nodes.find((node) => node.name === 'load')?.metadata).toEqual({
      status: 'completed',
      start_time: '2026-01-02T03:04:05',
      duration: asFloat(10),
    });
    expect(dag.edges.map((edge) => `${edge.source} > ${edge.target}`)).toEqual([
      'step/load > load/outputs/step_output/data_2026',
      'load/outputs/step_output/data_2026 > step/fit',
      `fit/inputs/manual/${shownId('f')} > step/fit`,
    ]);
  });

  test('shows runs that were started and points that are waited at', () => {
    const wait = { id: id('c'), name: 'ask/me', status: 'pending', type: 'external', created: '2026-01-02 03:04:05' };
    const dag = draw([LOAD], {
      stepRuns: new Map([['load', run('a', 'load')]]),
      triggeredRuns: new Map([[id('a'), [{ ...run('d', 'other'), index: 3 }]]]),
      childRuns: [run('e', 'child')],
      waitConditions: [{ ...wait, resolution: null, question: 'Go on?', resolved_at: null }],
    });
    const { nodes, edges } = dag;
    expect(nodes.map((node) => node.node_id)).toEqual([
      'step/load',
      'load/outputs/step_output/data_2026',
      'wait_condition/ask-me',
      'run/other',
      'child_run/child',
    ]);
    expect(nodes.find((node) => node.name === 'other')?.metadata).toMatchObject({ index: 3, duration: asFloat(10) });
    expect(edges).toContainEqual({ source: 'step/load', target: 'run/other', metadata: {} });
  });

  test('connects steps directly where no artifact does', () => {
    const after = view('after', { upstream_steps: ['load', 'gone'] });
    expect(draw([LOAD, after]).edges).toContainEqual({ source: 'step/load', target: 'step/after', metadata: {} });
  });
});

test('steps come level by level, in the order in which they are named', () => {
  const steps = [view('d', { upstream_steps: ['b', 'c'] }), view('c', { upstream_steps: ['a'] }), view('b'), view('a')];
  const ordered = inDependencyOrder(new Map(steps.map((step) => [step.name, step])));
  expect(ordered.map((step) => step.name)).toEqual(['b', 'a', 'c', 'd']);
});
