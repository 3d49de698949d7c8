import type { Identity } from '../../auth/identity.ts';
import { verifyPassword } from '../../auth/passwords.ts';
import type { BodyOf, Model } from '../../contract/operation-types.ts';
import type { Connection, Database, Transaction } from '../../database/database.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { instantAfter, now } from '../../database/instants.ts';
import { inTransaction } from '../../database/transaction.ts';
import { keyError, valueError } from '../../errors.ts';
import { HttpError } from '../../http-error.ts';
import { noSuch } from '../../listing/lister.ts';
import type { ClientDescription } from './client-description.ts';
import { type DeviceCodes, newDeviceCodes } from './device-codes.ts';
import * as store from './devices-store.ts';

/** How devices log in. */
export interface DeviceSettings {
  /** Whether devices can log in at all. */
  readonly offered: boolean;
  /** How many wrong codes lock a device. */
  readonly maxFailedAttempts: number;
  /** How long a device waits to be confirmed, and how often it may ask, seconds. */
  readonly timeoutSeconds: number;
  readonly pollingSeconds: number;
  /** How long a device stays logged in, seconds; for ever where left out. */
  readonly expirationSeconds: number | undefined;
  readonly trustedExpirationSeconds: number | undefined;
  /** Where a browser finds the page to confirm a device on; the client completes what is relative. */
  readonly dashboardUrl: string;
}

/** A device that asks to be confirmed. */
export interface DeviceClient {
  /** API form. */
  readonly clientId: string;
  readonly address: string;
  readonly description: ClientDescription;
}

/** A device whose code was exchanged. */
export interface LoggedInDevice {
  /** API form. */
  readonly deviceId: string;
  readonly userId: string;
  /** Seconds; 0 never. */
  readonly expiresIn: number;
}

/** The device flow (RFC 8628): a device asks for codes, its user confirms one, and the device exchanges the other. */
export interface DevicesService {
  authorize(client: DeviceClient): Promise<Model<'OAuthDeviceAuthorizationResponse'>>;
  /** Checks that a user may confirm a device, and gives what then makes it theirs. @throws ApiError 400, 404 */
  verify(
    identity: Identity,
    deviceId: string,
    request: BodyOf<'verify_authorized_device_api_v1_devices__device_id__verify_put'>,
  ): Promise<(transaction: Transaction) => Promise<string>>;
  /** Exchanges a device's code. @throws HttpError 400 with an error of RFC 8628 */
  logIn(clientId: string, deviceCode: string): Promise<LoggedInDevice>;
  /** Finds the device (API form of its id) of a user. @throws ApiError KeyError 404 */
  findOwn(connection: Connection, identity: Identity, deviceId: string): Promise<store.DeviceRow>;
  /** The same, and one that is not confirmed yet to whom knows its user code. @throws ApiError KeyError 404 */
  findVisible(identity: Identity, deviceId: string, userCode: string | null | undefined): Promise<store.DeviceRow>;
}

/** Makes the rules of devices. */
export function createDevicesService(db: Database, settings: DeviceSettings): DevicesService {
  return {
    async authorize(client) {
      if (!settings.offered) throw new HttpError(403, { detail: 'Device authorization is not supported.' });
      const codes = await newDeviceCodes();
      const id = await inTransaction(db, (transaction) => registerDevice(transaction, client, codes, settings));
      return authorizationResponse(id, codes, settings);
    },

    async verify(identity, deviceId, { user_code, trusted_device }) {
      const device = await store.findDevice(db, deviceId);
      if (!device) throw keyError('Unable to get device with client ID None: No device with this client ID found.');
      checkPending(device, identity);
      if (!(await verifyPassword(user_code, device.user_code))) {
        throw valueError(
          (await countWrongCode(db, device, settings))
            ? 'Invalid request: device locked due to too many failed authentication attempts.'
            : 'Invalid request: invalid user code.',
        );
      }
      const values = {
        status: 'verified',
        user_id: toDatabaseId(identity.user.id),
        failed_auth_attempts: 0,
        trusted_device: trusted_device ? 1 : 0,
      };
      return async (transaction) => {
        if (await store.updateUnchanged(transaction, device, values)) return device.id;
        throw valueError('Invalid request: device not pending verification.');
      };
    },

    logIn: (clientId, deviceCode) => exchangeCode(db, settings, clientId, deviceCode),

    async findOwn(connection, identity, deviceId) {
      const device = await store.findDevice(connection, deviceId);
      if (!device) throw noSuch('authorized device', deviceId);
      if (!isOwn(device, identity)) throw hiddenDevice(deviceId);
      return device;
    },

    async findVisible(identity, deviceId, userCode) {
      const device = await store.findDevice(db, deviceId);
      if (!device) throw noSuch('authorized device', deviceId);
      if (isOwn(device, identity)) return device;
      const confirmable = device.user_id === null && Boolean(userCode);
      if (confirmable && (await verifyPassword(userCode ?? '', device.user_code))) return device;
      throw hiddenDevice(deviceId);
    },
  };
}

/** A client that comes again keeps its device, which is no longer logged in then. */
async function registerDevice(
  transaction: Transaction,
  { clientId, address, description }: DeviceClient,
  codes: DeviceCodes,
  { timeoutSeconds }: DeviceSettings,
): Promise<string> {
  await store.deleteAbandonedDevices(transaction);
  const values = {
    status: 'pending',
    user_code: codes.user.hash,
    device_code: codes.device.hash,
    failed_auth_attempts: 0,
    trusted_device: 0,
    expires: instantAfter(timeoutSeconds),
    ip_address: address,
    // The reference asks a service on the internet for the place of each address; what that knows not it leaves empty.
    city: '',
    region: '',
    country: '',
    ...description,
  };
  const known = await store.findClient(transaction, clientId);
  if (!known) return store.insertDevice(transaction, { client_id: toDatabaseId(clientId), ...values });
  await store.updateDevice(transaction, known.id, values);
  return known.id;
}

function authorizationResponse(
  databaseId: string,
  codes: DeviceCodes,
  { dashboardUrl, timeoutSeconds, pollingSeconds }: DeviceSettings,
): Model<'OAuthDeviceAuthorizationResponse'> {
  const page = `${dashboardUrl}/devices/verify`;
  const query = new URLSearchParams({ device_id: fromDatabaseId(databaseId), user_code: codes.user.text });
  return {
    device_code: codes.device.text,
    user_code: codes.user.text,
    verification_uri: page,
    verification_uri_complete: `${page}?${query}`,
    expires_in: timeoutSeconds,
    interval: pollingSeconds,
  };
}

function checkPending(device: store.DeviceRow, identity: Identity): void {
  if (device.status !== 'pending') throw valueError('Invalid request: device not pending verification.');
  if (hasExpired(device)) throw valueError('Invalid request: device verification expired.');
  if (device.user_id !== null && !isOwn(device, identity)) {
    throw valueError('Invalid request: this device is associated with another user.');
  }
}

async function exchangeCode(
  db: Database,
  settings: DeviceSettings,
  clientId: string,
  deviceCode: string,
): Promise<LoggedInDevice> {
  const device = await store.findClient(db, clientId);
  if (!device) {
    throw oauthError('invalid_client', `Authentication error: error retrieving device with client ID ${clientId}`);
  }
  if (device.status !== 'verified') throw notVerified(clientId, device.status);
  if (hasExpired(device)) {
    throw oauthError('expired_token', `Authentication error: device for client ID ${clientId} has expired`);
  }
  if (!(await verifyPassword(deviceCode, device.device_code))) {
    const outcome = (await countWrongCode(db, device, settings))
      ? 'has been locked due to too many failed authentication attempts.'
      : 'has an invalid device code.';
    throw oauthError('access_denied', `Authentication error: device for client ID ${clientId} ${outcome}`);
  }
  const seconds = device.trusted_device === 1 ? settings.trustedExpirationSeconds : settings.expirationSeconds;
  const expires = seconds === undefined ? null : instantAfter(seconds);
  const exchanged = await store.updateUnchanged(db, device, { status: 'active', expires });
  // Another request has exchanged the code meanwhile, or the user is gone.
  if (!exchanged || device.user_id === null) throw notVerified(clientId, 'active');
  return {
    deviceId: fromDatabaseId(device.id),
    userId: fromDatabaseId(device.user_id),
    expiresIn: seconds ?? 0,
  };
}

const POLLING_ERRORS: Readonly<Record<string, string>> = {
  pending: 'authorization_pending',
  locked: 'access_denied',
};

function notVerified(clientId: string, status: string): HttpError {
  const error = POLLING_ERRORS[status] ?? 'expired_token';
  return oauthError(error, `Authentication error: device with client ID ${clientId} is ${status}.`);
}

/** Counts a wrong code. @returns whether the device is locked now */
async function countWrongCode(db: Database, device: store.DeviceRow, { maxFailedAttempts }: DeviceSettings) {
  await store.countFailure(db, device.id, maxFailedAttempts);
  return device.failed_auth_attempts + 1 >= maxFailedAttempts;
}

function oauthError(error: string, description: string): HttpError {
  return new HttpError(400, { error, error_description: description, error_uri: null });
}

function isOwn({ user_id }: store.DeviceRow, { user }: Identity): boolean {
  return user_id === toDatabaseId(user.id);
}

function hasExpired({ expires }: store.DeviceRow): boolean {
  return expires !== null && expires <= now();
}

/** Another's device is not told from one that is not there. */
function hiddenDevice(deviceId: string) {
  return keyError(`Unable to get device with ID ${deviceId}: No device with this ID found.`);
}
