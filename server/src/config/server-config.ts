import { z } from 'zod';
import { boolean, integer, jsonObject, oneOf, text, uuid, webAddress } from './formats.ts';
import { optional, type ValuesOf, variable } from './variable.ts';

/** ZenML 0.98.0 models/v2/misc/server_models.py */
export const DEPLOYMENT_TYPES = [
  'local',
  'docker',
  'kubernetes',
  'aws',
  'gcp',
  'azure',
  'alpha',
  'other',
  'hf_spaces',
  'sandbox',
  'cloud',
] as const;

/** What the server is and says of itself. */
export const serverVariables = {
  deploymentType: variable('ZENML_SERVER_DEPLOYMENT_TYPE', oneOf(...DEPLOYMENT_TYPES), 'other', {
    doc: 'Where the server runs, as `/info` tells clients. `cloud` hands log-in and permissions to a control plane.',
  }),
  serverUrl: optional('ZENML_SERVER_SERVER_URL', webAddress, {
    unset: 'what the client used',
    doc: 'The address under which clients reach the API. Needed to run pipelines from the dashboard: runs report to it.',
  }),
  dashboardUrl: optional('ZENML_SERVER_DASHBOARD_URL', webAddress, {
    unset: 'the server’s',
    doc: 'The address of the dashboard, where it is not served by this server.',
  }),
  metadata: variable(
    'ZENML_SERVER_METADATA',
    jsonObject(z.string(), 'a JSON object of texts'),
    {} as Record<string, string>,
    {
      fallbackText: '`{}`',
      doc: 'Facts of one’s own, which `/info` shows to everybody.',
    },
  ),
  externalServerId: optional('ZENML_SERVER_EXTERNAL_SERVER_ID', uuid, {
    unset: 'random, kept in the database',
    doc: 'The id that an empty database gives to the server, and under which a control plane knows it.',
  }),
  serverName: variable('ZENML_SERVER_SERVER_NAME', text, 'default', {
    doc: 'Name of the server on an empty database; afterwards it is a setting.',
  }),
  displayAnnouncements: variable('ZENML_SERVER_DISPLAY_ANNOUNCEMENTS', boolean, true, {
    doc: 'Whether the dashboard shows announcements, on an empty database; afterwards it is a setting.',
  }),
  displayUpdates: variable('ZENML_SERVER_DISPLAY_UPDATES', boolean, true, {
    doc: 'Whether the dashboard tells of new versions, on an empty database; afterwards it is a setting.',
  }),
  analyticsOptIn: variable('ZENML_ANALYTICS_OPT_IN', boolean, true, {
    doc: 'Whether clients may send usage data to ZenML, on an empty database; afterwards it is a setting. This server itself sends none.',
  }),
  debug: variable('ZENML_DEBUG', boolean, false, {
    doc: 'Told to clients by `/info`, and makes `DEBUG` the default of `ZENML_LOGGING_VERBOSITY`.',
  }),
  autoActivate: variable('ZENML_SERVER_AUTO_ACTIVATE', boolean, false, {
    doc: 'Whether the first start on an empty database creates the admin and activates the server. Otherwise the dashboard asks for them, unless `ZENML_DEFAULT_USER_PASSWORD` is set.',
  }),
  defaultUserName: optional('ZENML_DEFAULT_USER_NAME', text, {
    unset: '`default` where the server activates itself',
    doc: 'Name of the admin that the first start on an empty database creates.',
  }),
  defaultUserPassword: optional('ZENML_DEFAULT_USER_PASSWORD', text, {
    unset: 'empty',
    secret: true,
    doc: 'Password of that admin.',
  }),
  defaultProjectName: variable('ZENML_DEFAULT_PROJECT_NAME', text, 'default', {
    doc: 'Name of the project that every user has, and that cannot be renamed or deleted.',
  }),
  pageSize: optional('ZENML_PAGINATION_DEFAULT_LIMIT', integer(1, 10_000), {
    unset: '20, and 10000 at most',
    doc: 'Length of a list’s page where a client asks for none, and the longest that it may ask for, as in ZenML’s own server.',
  }),
};

export type ServerConfig = ValuesOf<typeof serverVariables>;
