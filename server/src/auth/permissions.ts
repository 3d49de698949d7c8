/** What somebody may do with a resource (ZenML 0.98.0 zen_server/rbac/models.py). */
export type Action =
  | 'create'
  | 'read'
  | 'update'
  | 'delete'
  | 'read_secret_value'
  | 'prune'
  | 'client'
  | 'promote'
  | 'backup_restore'
  | 'share';

/** Every action. */
export const ACTIONS: readonly Action[] = [
  'create',
  'read',
  'update',
  'delete',
  'read_secret_value',
  'prune',
  'client',
  'promote',
  'backup_restore',
  'share',
];

const PROJECT_TYPES = [
  'artifact',
  'artifact_version',
  'code_repository',
  'model',
  'model_version',
  'pipeline',
  'pipeline_run',
  // Snapshots, under the name that they had before.
  'pipeline_deployment',
  'pipeline_build',
  'deployment',
  'schedule',
  'run_template',
  'service',
  'run_metadata',
  'trigger',
  'webhook',
] as const;

const GLOBAL_TYPES = [
  'flavor',
  'secret',
  'service_account',
  'service_connector',
  'stack',
  'stack_component',
  'tag',
  'project',
] as const;

/** What permissions are given for, in the control plane's words. */
export type ResourceType = (typeof PROJECT_TYPES)[number] | (typeof GLOBAL_TYPES)[number];

/** Every resource type. */
export const RESOURCE_TYPES: readonly ResourceType[] = [...PROJECT_TYPES, ...GLOBAL_TYPES];

/** A resource, or all of a type where there is no id; ids in API form. */
export interface Resource {
  readonly type: ResourceType;
  readonly id?: string | undefined;
  /** Left out for types that belong to no project. */
  readonly projectId?: string | undefined;
}

/** A resource as the control plane writes it: `PROJECT:TYPE/ID`. */
export function resourceText({ type, id, projectId }: Resource): string {
  return `${projectId === undefined ? '' : `${projectId}:`}${type}${id === undefined ? '' : `/${id}`}`;
}

/** A user as permissions are asked for. */
export interface PermissionHolder {
  readonly name: string;
  readonly isServiceAccount: boolean;
  /** The id that the control plane knows the user under. */
  readonly externalId?: string | undefined;
}

/** Who decides what users may do. Where nobody does, administrators are told apart from other users. */
export interface Permissions {
  /** Which of some resources ({@link resourceText}) a user may do something with. */
  check(user: PermissionHolder, resources: readonly string[], action: Action): Promise<ReadonlyMap<string, boolean>>;
  /** The ids (API form) of a type of resource that a user may do something with. */
  allowedIds(user: PermissionHolder, resource: string, action: Action): Promise<'all' | readonly string[]>;
  /** Gives what a user or a team may do with a resource; other actions are taken from them. */
  share(user: PermissionHolder, resource: string, actions: readonly Action[], to: Sharing): Promise<void>;
  /** Forgets resources that are gone. */
  forget(resources: readonly string[]): Promise<void>;
  /** What the subscription allows; left out where nothing is counted. */
  readonly entitlements?: Entitlements | undefined;
}

/** What a subscription allows, by feature. */
export interface Entitlements {
  /** @throws ApiError SubscriptionUpgradeRequiredError 402 where there is no more of a feature */
  require(feature: string): Promise<void>;
  /** Reports that one more or one less (`total`) is there. */
  report(feature: string, resourceId: string, total: 1 | -1): Promise<void>;
}

/** With whom a resource is shared; ids of the control plane. */
export interface Sharing {
  readonly userId: string | null;
  readonly teamId: string | null;
}

/** Which rows of a table a list may show. */
export interface RowScope {
  /** The column whose value must be one of `ids` (database form). */
  readonly column: string;
  readonly ids: readonly string[];
  /** The user (database id) whose rows, and those of nobody, are shown as well; left out for tables without owners. */
  readonly ownerId?: string | undefined;
}

/** What the caller of one request may do, where permissions are decided elsewhere. */
export interface CallerPermissions {
  /** The rows that the list that is asked for may show; all where left out. */
  readonly rows?: RowScope | undefined;
  /** The rows of a type that the caller may read; `undefined`: all. */
  readableRows(type: ResourceType, projectId?: string): Promise<RowScope | undefined>;
  readonly refusals?: CreationRefusals | undefined;
}

/** Why the caller may not create something that is created only where it is not there already. */
export interface CreationRefusals {
  readonly run?: Error | undefined;
  /** What the configuration of a run or step names. */
  readonly model?: Error | undefined;
  readonly modelVersion?: Error | undefined;
}
