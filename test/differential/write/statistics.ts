import type { JsonObject } from '../../servers/json.ts';
import { startRun } from '../seed/runs.ts';
import type { WriteScript } from './script.ts';

const simple = ['pipeline', 'snapshot', 'source_snapshot', 'stack', 'status', 'tag', 'trigger', 'user'];
const granularities = ['hour', 'day', 'week', 'month'];
const counted = ['duration', 'step_count', 'cached_step_count', 'output_artifact_count'];
/** Values of metadata that runs are grouped by and counted with, by the name of their run. */
const values: Record<string, string> = {
  whole: '1',
  float: '1.0',
  fraction: '2.6',
  large: '9007199254740993',
  small: '1e-07',
  text: '"1"',
  truth: 'true',
  nothing: 'NaN',
  list: '[1.0]',
};

/** Statistics of runs over every grouping and metric that the contract knows, and pairs of them. */
export const statisticsScript: WriteScript = {
  name: 'statistics',
  run: async (session, { who, pipelines }) => {
    const { project } = who;
    for (const [name, value] of Object.entries(values)) {
      const shape = { project, snapshot: pipelines.snapshot, artifactStore: '', day: 25, name: `st-${name}` };
      const run = await startRun(session, shape);
      const type = /^[-\d.e]+$/.test(value) || value === 'NaN' ? (/^\d+$/.test(value) ? 'int' : 'float') : 'str';
      const request = { project, resources: [{ id: run, type: 'pipeline_run' }], types: { size: type } };
      const text = JSON.stringify({ ...request, values: { size: 'VALUE' } }).replace('"VALUE"', value);
      await session.post('/run-metadata', undefined, { raw: text });
    }
    // Groups of the same size come in the order of their ids, which are random.
    const own = { project, name: 'startswith:st-' };
    const ask = (groupings: JsonObject[], metrics: JsonObject[], more: JsonObject = {}) =>
      session.post('/runs/statistics', { filter: own, groupings, metrics, ...more });
    const byMetadata = { type: 'metadata', name: 'size', metadata_key: 'size' };
    const ofMetadata = { source: 'metadata', name: 'size', metadata_key: 'size' };
    const aggregations = ['sum', 'avg', 'min', 'max'];
    const metrics = aggregations.flatMap((aggregation) =>
      [
        ...counted.map((source) => ({ source, name: `${source} ${aggregation}` })),
        { ...ofMetadata, name: aggregation },
      ].map((metric) => ({ ...metric, aggregation })),
    );
    await ask([], metrics);
    await ask([{ type: 'status', name: 'status' }], metrics, { filter: { project, name: 'startswith:train-' } });
    await ask([{ type: 'tag', name: 'tag' }], [], { filter: { project, name: 'startswith:train-' } });
    for (const type of simple) await ask([{ type, name: type }], metrics.slice(0, 5));
    for (const granularity of granularities) await ask([{ type: 'time', name: 'time', granularity }], []);
    await ask([byMetadata], metrics);
    await ask([{ type: 'status', name: 'status' }, byMetadata], [], { max_groups: 3 });
    await ask(
      [
        { type: 'time', name: 'time', granularity: 'day' },
        { type: 'pipeline', name: 'p' },
      ],
      [],
      { max_groups: 2 },
    );
    await ask([byMetadata, byMetadata], []);
    await ask([{ type: 'no-type', name: 'x' }], []);
    await ask([], [{ source: 'duration', name: 'x', aggregation: 'median' }]);
    await ask([], [], { max_groups: 0 });
    await ask([], [], { filter: { project, status: 'completed', tags: ['t1'], logical_operator: 'or' } });
    await ask([], [], { filter: { project, run_metadata: ['size:gt:1'] } });
    await ask([], [], { filter: { status: 'completed' } });
  },
};
