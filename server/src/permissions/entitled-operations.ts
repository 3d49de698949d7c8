import type { OperationId } from '../contract/operation-types.ts';

/** What an operation uses of a subscription. */
export interface EntitledUse {
  readonly feature: string;
  /** Asked for before; left out where something is given back. */
  readonly asks: boolean;
  /** Reported after: one more, or one less. */
  readonly reports?: 1 | -1;
}

const made = (feature: string): EntitledUse => ({ feature, asks: true, reports: 1 });
const gone = (feature: string): EntitledUse => ({ feature, asks: false, reports: -1 });
const scheduled: EntitledUse = { feature: 'schedule', asks: true };

/** The operations that count (ZenML 0.98.0 constants.DEFAULT_REPORTABLE_RESOURCES and its routers). */
export const ENTITLED_OPERATIONS: Readonly<Partial<Record<OperationId, EntitledUse>>> = {
  create_project_api_v1_projects_post: made('project'),
  create_pipeline_api_v1_pipelines_post: made('pipeline'),
  get_or_create_pipeline_run_api_v1_runs_post: made('pipeline_run'),
  create_model_api_v1_models_post: made('model'),
  create_snapshot_run_api_v1_pipeline_snapshots__snapshot_id__runs_post: made('template_run'),
  create_template_run_api_v1_run_templates__template_id__runs_post: made('template_run'),
  replay_run_api_v1_runs__run_id__replay_post: made('template_run'),
  create_trigger_api_v1_triggers_post: scheduled,
  update_trigger_api_v1_triggers__trigger_id__put: scheduled,
  attach_trigger_to_snapshot_api_v1_triggers__trigger_id__pipeline_snapshots__snapshot_id__put: scheduled,
  delete_project_api_v1_projects__project_name_or_id__delete: gone('project'),
  delete_pipeline_api_v1_pipelines__pipeline_id__delete: gone('pipeline'),
  delete_model_api_v1_models__model_id__delete: gone('model'),
};
