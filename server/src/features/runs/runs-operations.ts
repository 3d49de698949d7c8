import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf } from '../../listing/page.ts';
import { RUN_LIST } from './runs-list.ts';
import { loadRuns } from './runs-read-model.ts';

/** The parts that the operations on pipeline runs need. */
export interface RunsParts {
  readonly db: Database;
  readonly list: Lister;
}

const TYPE = 'pipeline run';

/** The operations on pipeline runs. */
export function runsOperations({ db, list }: RunsParts) {
  return {
    list_runs_api_v1_runs_get(request) {
      const options = { fullMetadata: request.query.include_full_metadata };
      const load: typeof RUN_LIST.load = (connection, ids, depth) => loadRuns(connection, ids, depth, options);
      return list({ ...RUN_LIST, load }, request);
    },

    get_run_api_v1_runs__run_id__get({ path, query }) {
      const options = { fullMetadata: query.include_full_metadata, pythonPackages: query.include_python_packages };
      const load: typeof loadRuns = (connection, ids, depth) => loadRuns(connection, ids, depth, options);
      return loadOne(db, load, path.run_id, depthOf(query.hydrate), TYPE);
    },
  } satisfies Handlers;
}
