import type { Api } from '../test/servers/api.ts';
import { type Fixture, writeRun } from './life-cycle.ts';

/** Something that both servers are asked, again and again. */
export interface Scenario {
  readonly name: string;
  readonly run: (api: Api) => Promise<unknown>;
  /** What both servers must answer alike. */
  readonly same?: string;
}

/**
 * What is measured, on a fixture and one of its runs. Answers are read whole and not parsed: the client takes its time from the
 * servers, and on short answers to the faster one it would be most of it.
 */
export function scenarios(fixture: Fixture, runId: string): Scenario[] {
  const get = (name: string, path: string): Scenario => ({ name, run: (api) => api.getText(path), same: path });
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
    // Of these two the servers' answers differ: each is asked by a log-in and an identity of its own.
    { name: 'current user', run: (api) => api.getText('/current-user') },
    { name: 'info', run: (api) => api.getText('/info') },
    { name: 'life cycle of a run (13 requests)', run: (api) => writeRun(api, fixture) },
  ];
}
