import { textInCurrentForm } from '../../contract/stored-forms.ts';
import type { Connection } from '../../database/database.ts';
import { rawJson } from '../../raw-json.ts';
import { configSchema } from './config-schema.ts';
import { configTemplate } from './config-template.ts';
import { type ConfigurableComponent, toConfigurableStep } from './configurable-snapshot.ts';

/** The form of a run's configuration: what it has and what it takes. */
export interface RunConfigurationForm {
  readonly config_template: { [name: string]: unknown };
  readonly config_schema: { [name: string]: unknown };
}

/** Loads the forms of snapshots by database id; one whose image was built for no stack has none. */
export async function loadRunConfigurationForms(
  connection: Connection,
  snapshotIds: readonly string[],
): Promise<Map<string, RunConfigurationForm>> {
  if (snapshotIds.length === 0) return new Map();
  const snapshots = await selectSnapshots(connection, snapshotIds);
  if (snapshots.length === 0) return new Map();
  const ids = snapshots.map(({ id }) => id);
  const steps = grouped(await selectSteps(connection, ids), ({ snapshot_id }) => snapshot_id ?? '');
  const stackIds = [...new Set(snapshots.flatMap(({ stack_id }) => stack_id ?? []))];
  const components = grouped(await selectComponents(connection, stackIds), ({ stack_id }) => stack_id);
  return new Map(
    snapshots.map(({ id, run_name_template, is_dynamic, pipeline_configuration, stack_id }) => {
      const isDynamic = is_dynamic === 1;
      const pipelineConfiguration = textInCurrentForm('PipelineConfiguration', pipeline_configuration);
      const snapshot = {
        runNameTemplate: run_name_template,
        isDynamic,
        pipelineConfiguration,
        steps: (steps.get(id) ?? []).map(({ name, config }) =>
          toConfigurableStep(name, textInCurrentForm('Step', config), pipelineConfiguration, isDynamic),
        ),
        components: (components.get(stack_id ?? '') ?? []).map(toComponent),
      };
      return [
        id,
        { config_template: rawJson(configTemplate(snapshot)), config_schema: rawJson(configSchema(snapshot)) },
      ];
    }),
  );
}

function selectSnapshots(connection: Connection, ids: readonly string[]) {
  return connection
    .selectFrom('pipeline_snapshot as snapshot')
    .innerJoin('pipeline_build as build', 'build.id', 'snapshot.build_id')
    .select(['snapshot.id', 'snapshot.run_name_template', 'snapshot.is_dynamic', 'snapshot.pipeline_configuration'])
    .select('build.stack_id')
    .where('snapshot.id', 'in', ids)
    .where('build.stack_id', 'is not', null)
    .execute();
}

function selectSteps(connection: Connection, snapshotIds: readonly string[]) {
  return connection
    .selectFrom('step_configuration')
    .select(['snapshot_id', 'name', 'config'])
    .where('snapshot_id', 'in', snapshotIds)
    .orderBy('index')
    .execute();
}

/** Components whose flavor is gone are left out: nothing is known of what they take. */
function selectComponents(connection: Connection, stackIds: readonly string[]) {
  return connection
    .selectFrom('stack_composition')
    .innerJoin('stack_component as component', 'component.id', 'stack_composition.component_id')
    .innerJoin('flavor', (join) =>
      join.onRef('flavor.name', '=', 'component.flavor').onRef('flavor.type', '=', 'component.type'),
    )
    .select(['stack_composition.stack_id', 'component.type', 'component.name', 'component.flavor', 'flavor.is_custom'])
    .where('stack_composition.stack_id', 'in', stackIds)
    .orderBy('component.id')
    .execute();
}

type ComponentRow = Awaited<ReturnType<typeof selectComponents>>[number];

function toComponent({ type, name, flavor, is_custom }: ComponentRow): ConfigurableComponent {
  return { type, name, flavor, isCustom: is_custom === 1 };
}

function grouped<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}
