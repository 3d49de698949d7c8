import { ZENML_VERSION } from '../../contract/document.ts';
import type { Model } from '../../contract/operation-types.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { illegalOperation } from '../../errors.ts';
import { findProject } from '../projects/projects-read-model.ts';
import {
  parseOnboardingState,
  readServerSettings,
  type ServerSettingsRow,
  updateServerSettings,
} from './server-settings-store.ts';
import { countRows } from './statistics-read-model.ts';

/** What `/info` tells of the configuration. */
export type ServerDescription = Pick<
  Model<'ServerModel'>,
  'deployment_type' | 'auth_scheme' | 'server_url' | 'dashboard_url' | 'secrets_store_type' | 'metadata' | 'debug'
> &
  Partial<ControlPlaneDescription>;

/** Where a server's control plane is, and what it is there. */
export type ControlPlaneDescription = Pick<
  Model<'ServerModel'>,
  | 'pro_dashboard_url'
  | 'pro_api_url'
  | 'pro_organization_id'
  | 'pro_organization_name'
  | 'pro_workspace_id'
  | 'pro_workspace_name'
>;

/** The parts that the operations on the server itself need. */
export interface ServerParts {
  readonly db: Database;
  readonly description: ServerDescription;
  /** Connections of the pool by state, and how many it may have. */
  readonly poolState: () => { total: number; idle: number };
  readonly poolSize: number;
}

/** Information, settings, statistics and onboarding. */
export function serverOperations({ db, description, poolState, poolSize }: ServerParts) {
  return {
    version_api_v1_version_get: async () => ZENML_VERSION,

    server_info_api_v1_info_get: async () => toServerModel(await readServerSettings(db), description),

    async server_load_info_api_v1_load_info_get() {
      const { total, idle } = poolState();
      return {
        threads: 1,
        db_connections_total: total,
        db_connections_active: total - idle,
        db_connections_overflow: Math.max(0, total - poolSize),
      };
    },

    get_settings_api_v1_settings_get: async ({ query }) =>
      toSettingsResponse(await readServerSettings(db), query.hydrate ?? true),

    update_server_settings_api_v1_settings_put: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        if (!identity.permissions && !identity.user.isAdmin && Object.values(body).some((value) => value !== null)) {
          throw illegalOperation('Only admins can update server settings.');
        }
        await updateServerSettings(tx, toSettingsChanges(body));
        return toSettingsResponse(await readServerSettings(tx), true);
      }),

    get_onboarding_state_api_v1_onboarding_state_get: async () => parseOnboardingState(await readServerSettings(db)),

    get_server_statistics_api_v1_statistics_get: async ({ identity: { permissions } }) => ({
      stacks: await countRows(db, 'stack', { rows: await permissions?.readableRows('stack') }),
      components: await countRows(db, 'stack_component', { rows: await permissions?.readableRows('stack_component') }),
      projects: await countRows(db, 'project', { rows: await permissions?.readableRows('project') }),
    }),

    async get_project_statistics_api_v1_projects__project_name_or_id__statistics_get({ path, identity }) {
      const project = await findProject(db, path.project_name_or_id ?? '');
      const rowsOf = async (type: 'pipeline' | 'pipeline_run') =>
        identity.permissions?.readableRows(type, fromDatabaseId(project.id));
      const projectId = project.id;
      return {
        pipelines: await countRows(db, 'pipeline', { projectId, rows: await rowsOf('pipeline') }),
        runs: await countRows(db, 'pipeline_run', { projectId, rows: await rowsOf('pipeline_run') }),
      };
    },
  } satisfies Handlers;
}

/** The columns that a settings request changes; flags as the table holds them. */
export function toSettingsChanges(update: Model<'ServerSettingsUpdate'>) {
  const flag = (value: boolean) => (value ? 1 : 0);
  return {
    ...(update.server_name != null && { server_name: update.server_name }),
    ...(update.logo_url !== undefined && { logo_url: update.logo_url }),
    ...(update.enable_analytics != null && { enable_analytics: flag(update.enable_analytics) }),
    ...(update.display_announcements != null && { display_announcements: flag(update.display_announcements) }),
    ...(update.display_updates != null && { display_updates: flag(update.display_updates) }),
  };
}

const NO_CONTROL_PLANE: ControlPlaneDescription = {
  pro_dashboard_url: null,
  pro_api_url: null,
  pro_organization_id: null,
  pro_organization_name: null,
  pro_workspace_id: null,
  pro_workspace_name: null,
};

function toServerModel(settings: ServerSettingsRow, description: ServerDescription): Model<'ServerModel'> {
  return {
    id: fromDatabaseId(settings.id),
    name: settings.server_name,
    version: ZENML_VERSION,
    active: settings.active === 1,
    database_type: 'mysql',
    analytics_enabled: settings.enable_analytics === 1,
    last_user_activity: toApiInstant(settings.last_user_activity),
    ...NO_CONTROL_PLANE,
    ...description,
  };
}

function toSettingsResponse(settings: ServerSettingsRow, hydrate: boolean): Model<'ServerSettingsResponse'> {
  return {
    body: {
      server_id: fromDatabaseId(settings.id),
      server_name: settings.server_name,
      logo_url: settings.logo_url,
      active: settings.active === 1,
      enable_analytics: settings.enable_analytics === 1,
      display_announcements: settings.display_announcements === null ? null : settings.display_announcements === 1,
      display_updates: settings.display_updates === null ? null : settings.display_updates === 1,
      last_user_activity: toApiInstant(settings.last_user_activity),
      updated: toApiInstant(settings.updated),
    },
    metadata: hydrate ? {} : null,
    resources: {},
  };
}
