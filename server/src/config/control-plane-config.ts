import type { AuthConfig } from './auth-config.ts';
import type { Environment } from './environment.ts';
import { integer, oneOf, text, uuid, webAddress } from './formats.ts';
import type { HttpConfig } from './http-config.ts';
import type { ServerConfig } from './server-config.ts';
import { optional, type ValuesOf, type Variable, variable } from './variable.ts';

const needed = <Value>(name: string, format: Variable<Value>['format'], doc: string, secret = false) =>
  optional(`ZENML_SERVER_PRO_${name}`, format, { doc, secret, unset: 'required with `cloud`' });

/** The control plane that a server of deployment type `cloud` belongs to. */
export const controlPlaneVariables = {
  apiUrl: needed('API_URL', webAddress, 'Address of its API.'),
  dashboardUrl: needed('DASHBOARD_URL', webAddress, 'Address of its dashboard.'),
  clientSecret: needed('OAUTH2_CLIENT_SECRET', text, 'What this server logs in to it with.', true),
  audience: needed('OAUTH2_AUDIENCE', text, 'The audience of the tokens that it gives to this server.'),
  organizationId: needed('ORGANIZATION_ID', uuid, 'Id of the organization.'),
  organizationName: optional('ZENML_SERVER_PRO_ORGANIZATION_NAME', text, { doc: 'Name of the organization.' }),
  workspaceId: needed('WORKSPACE_ID', uuid, 'Id of this workspace, which is the server’s id.'),
  workspaceName: optional('ZENML_SERVER_PRO_WORKSPACE_NAME', text, { doc: 'Name of this workspace.' }),
  timeoutSeconds: variable('ZENML_SERVER_PRO_HTTP_TIMEOUT', integer(1), 30, {
    doc: 'How long a request to the control plane may take.',
  }),
  permissionsSource: optional(
    'ZENML_SERVER_RBAC_IMPLEMENTATION_SOURCE',
    oneOf('zenml.zen_server.rbac.zenml_cloud_rbac.ZenMLCloudRBAC'),
    {
      unset: 'only admins are told apart',
      doc: 'Who decides permissions: the control plane. The name is that of ZenML’s Python class; a class of one’s own cannot run here.',
    },
  ),
};

type Values = ValuesOf<typeof controlPlaneVariables>;

/** The control plane, with everything that is required of it. */
export interface ControlPlaneConfig {
  readonly apiUrl: string;
  readonly dashboardUrl: string;
  readonly clientSecret: string;
  readonly audience: string;
  readonly organizationId: string;
  readonly organizationName: string | undefined;
  readonly workspaceId: string;
  readonly workspaceName: string | undefined;
  readonly timeoutSeconds: number;
}

const REQUIRED = ['apiUrl', 'dashboardUrl', 'clientSecret', 'audience', 'organizationId', 'workspaceId'] as const;

/** Reads the control plane; without deployment type `cloud` there is none. */
export function readControlPlane(environment: Environment, server: ServerConfig): ControlPlaneConfig | undefined {
  const values = environment.read(controlPlaneVariables);
  if (server.deploymentType !== 'cloud') {
    if (values.permissionsSource !== undefined) {
      const { name } = controlPlaneVariables.permissionsSource;
      environment.mistake(name, 'needs ZENML_SERVER_DEPLOYMENT_TYPE=cloud and the ZENML_SERVER_PRO_ variables.');
    }
    return undefined;
  }
  for (const field of REQUIRED) {
    const { name } = controlPlaneVariables[field];
    if (!environment.has(name)) environment.mistake(name, 'is required with ZENML_SERVER_DEPLOYMENT_TYPE=cloud.');
  }
  return isComplete(values) ? values : undefined;
}

function isComplete(values: Values): values is Values & ControlPlaneConfig {
  return REQUIRED.every((field) => values[field] !== undefined);
}

/** The sections that a control plane changes. */
export interface Controlled {
  readonly server: ServerConfig;
  readonly auth: AuthConfig;
  readonly http: HttpConfig;
}

/** What holds under a control plane (ZenML 0.98.0 config/server_config.py get_server_config). */
export function underControlPlane(sections: Controlled, plane: ControlPlaneConfig): Controlled {
  const { server, auth, http } = sections;
  const facts = {
    account_id: plane.organizationId,
    organization_id: plane.organizationId,
    workspace_id: plane.workspaceId,
    ...(plane.organizationName && { organization_name: plane.organizationName }),
    ...(plane.workspaceName && { workspace_name: plane.workspaceName }),
  };
  const own = [plane.dashboardUrl, plane.apiUrl, ...(server.serverUrl ? [server.serverUrl] : [])];
  const origins = http.corsOrigins.filter((origin) => origin !== '*');
  return {
    server: {
      ...server,
      externalServerId: plane.workspaceId,
      dashboardUrl: `${plane.dashboardUrl}/workspaces/${plane.workspaceName ?? plane.workspaceId}`,
      metadata: { ...server.metadata, ...facts },
    },
    auth: {
      ...auth,
      scheme: 'EXTERNAL',
      externalLoginUrl: `${plane.dashboardUrl}/api/auth/login`,
      externalUserInfoUrl: `${plane.apiUrl}/users/authorize_server`,
      jwtExpireMinutes: auth.jwtExpireMinutes ?? 60,
    },
    http: { ...http, corsOrigins: [...new Set([...origins, ...own])] },
  };
}
