import type { Api } from '../test/servers/api.ts';
import { type Fixture, writeRun } from './life-cycle.ts';

/** Something that both servers are asked, again and again. */
export interface Scenario {
  readonly name: string;
  readonly run: (api: Api) => Promise<unknown>;
  /** Whether the answer of both servers must be the same. */
  readonly reads: boolean;
}

/** What is measured, on a fixture and one of its runs. */
export function scenarios(fixture: Fixture, runId: string): Scenario[] {
  const get = (name: string, path: string): Scenario => ({ name, run: (api) => api.get(path), reads: true });
  return [
    get('list runs', '/runs'),
    get('list runs, hydrated', '/runs?hydrate=true'),
    get('list runs by tag and status', '/runs?tags=even&status=completed'),
    get('get run', `/runs/${runId}`),
    get('DAG', `/runs/${runId}/dag`),
    get('list steps', '/steps'),
    get('list artifact versions', '/artifact_versions'),
    get('get snapshot', `/pipeline_snapshots/${fixture.snapshot}`),
    get('list stacks', '/stacks'),
    get('current user', '/current-user'),
    get('info', '/info'),
    { name: 'life cycle of a run (13 requests)', run: (api) => writeRun(api, fixture), reads: false },
  ];
}
