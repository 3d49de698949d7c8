import { createConnection } from 'mysql2/promise';

/** Of a run of before snapshots were kept: its pipeline's configuration, with fewer members and shorter forms. */
const pipeline = `{"name": "train", "enable_cache": true, "extra": {"f": 1.0, "i": 1}, "parameters": {"lr": 1.0},
  "settings": {"resources": {"cpu_count": 1, "memory": "2GB"}}, "failure_hook_source": "hooks.on_failure"}`;

/** A step that was stored with its whole configuration, and nothing of what later releases know. */
const step = (name: string) => `{"spec": {"source": {"module": "train", "attribute": "${name}", "type": "user"},
  "upstream_steps": [], "inputs": {}, "pipeline_parameter_name": "${name}"},
  "config": {"name": "${name}", "enable_cache": null, "parameters": {"a": 1.0, "b": [2.0], "c": 9007199254740993},
  "settings": {"resources": {"cpu_count": 1}}, "extra": {"f": 1.0}, "docstring": "Old.",
  "outputs": {"out": {"materializer_source": ["m.M"]}}, "external_input_artifacts": {}}}`;

/** Turns some rows of a seeded database into what earlier releases stored and a migration leaves as it is. */
export async function makeOlder(databaseUrl: string): Promise<void> {
  const connection = await createConnection(databaseUrl);
  const snapshot = `SELECT snapshot_id FROM pipeline_run WHERE name = 'train-completed' AND project_id IN
    (SELECT id FROM project WHERE name = 'second-project')`;
  try {
    for (const name of ['load', 'split', 'total']) {
      const ofSnapshot = `snapshot_id = (${snapshot}) AND name = '${name}'`;
      await connection.query(`UPDATE step_configuration SET config = ? WHERE ${ofSnapshot}`, [step(name)]);
    }
    await connection.query(
      `UPDATE pipeline_run SET snapshot_id = NULL, pipeline_configuration = ?, client_environment = ?
        WHERE name = 'train-cached'`,
      [pipeline, '{"os": "linux", "load": 1.0, "none": NaN}'],
    );
  } finally {
    await connection.end();
  }
}
