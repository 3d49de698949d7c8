import type { Model } from '../../contract/operation-types.ts';
import { isUuid } from '../../database/ids.ts';
import { HttpError } from '../../http-error.ts';

/** What a client logs in with. */
export type Grant =
  | { readonly type: 'password'; readonly userName: string; readonly password: string }
  | { readonly type: 'api_key'; readonly apiKey: string }
  | { readonly type: 'device_code'; readonly clientId: string; readonly deviceCode: string }
  /** A token of the control plane, in the `Authorization` header; without one, the client is told where to get it. */
  | { readonly type: 'external' };

/** Which grants a configuration offers. */
export interface OfferedGrants {
  readonly external: boolean;
  readonly devices: boolean;
}

type LoginForm = Model<'Body_token_api_v1_login_post'>;

const GRANTS = {
  password: 'password',
  deviceCode: 'urn:ietf:params:oauth:grant-type:device_code',
  apiKey: 'zenml-api-key',
  external: 'zenml-external',
} as const;

/** Reads the form of a log-in, in which the grant may be implied. @throws HttpError 400, 403 */
export function readGrant(form: LoginForm, offered: OfferedGrants): Grant {
  const type = form.grant_type || impliedGrant(form, offered);
  switch (type) {
    case GRANTS.password:
      if (offered.external) throw unsupported(`${type}.`);
      if (!form.username) throw invalid('Invalid request: username is required.');
      return { type: 'password', userName: form.username, password: form.password ?? '' };
    case GRANTS.apiKey:
      if (!form.password) throw invalid('API key is required.');
      return { type: 'api_key', apiKey: form.password };
    case GRANTS.deviceCode:
      return readDeviceGrant(form, offered);
    case GRANTS.external:
      if (!offered.external) throw unsupported(`${type}.`);
      return { type: 'external' };
    default:
      throw unsupported(type);
  }
}

function impliedGrant(form: LoginForm, { external }: OfferedGrants): string {
  if (form.username != null) return GRANTS.password;
  if (form.password) return GRANTS.apiKey;
  if (form.device_code) return GRANTS.deviceCode;
  return external ? GRANTS.external : GRANTS.password;
}

function readDeviceGrant({ client_id, device_code }: LoginForm, { devices }: OfferedGrants): Grant {
  if (!devices) throw new HttpError(403, { detail: 'Device authorization is not supported.' });
  if (!device_code || !client_id) throw invalid('Invalid request: device code and client ID are required.');
  if (!isUuid(client_id)) throw invalid('Invalid request: invalid client ID.');
  return { type: 'device_code', clientId: client_id, deviceCode: device_code };
}

function invalid(detail: string): HttpError {
  return new HttpError(400, { detail });
}

function unsupported(type: string): HttpError {
  return invalid(`Unsupported grant type: ${type}`);
}
