import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import type { Lister } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import type { Onboarding } from '../server/onboarding.ts';
import { readClientDescription } from './client-description.ts';
import { DEVICE_LIST, loadDevices } from './devices-read-model.ts';
import type { DevicesService } from './devices-service.ts';
import { deleteDevice, updateDevice } from './devices-store.ts';

/** The parts that the operations on devices need. */
export interface DevicesParts {
  readonly db: Database;
  readonly list: Lister;
  readonly devices: DevicesService;
  readonly onboarding: Onboarding;
}

/** The operations on devices: what `zenml login` without a key goes through. */
export function devicesOperations({ db, list, devices, onboarding }: DevicesParts) {
  return {
    async device_authorization_api_v1_device_authorization_post({ body, context }) {
      const userAgent = context.headers['user-agent'];
      return devices.authorize({
        clientId: body.client_id,
        address: context.clientAddress,
        description: readClientDescription(typeof userAgent === 'string' ? userAgent : undefined),
      });
    },

    list_authorized_devices_api_v1_devices_get: (request) => list(DEVICE_LIST, request),

    async get_authorization_device_api_v1_devices__device_id__get({ path, query, identity }) {
      const { id } = await devices.findVisible(identity, path.device_id, query.user_code);
      return one(await loadDevices(db, [id], depthOf(query.hydrate)), id);
    },

    async update_authorized_device_api_v1_devices__device_id__put({ path, body, identity, transaction }) {
      return transaction(async (tx) => {
        const { id } = await devices.findOwn(tx, identity, path.device_id);
        await updateDevice(tx, id, body.locked == null ? {} : { status: body.locked ? 'locked' : 'active' });
        return one(await loadDevices(tx, [id], FULL), id);
      });
    },

    async verify_authorized_device_api_v1_devices__device_id__verify_put({ path, body, identity, transaction }) {
      const confirm = await devices.verify(identity, path.device_id, body);
      return transaction(async (tx) => {
        const id = await confirm(tx);
        await onboarding.complete(tx, ['device_verified']);
        return one(await loadDevices(tx, [id], FULL), id);
      });
    },

    async delete_authorized_device_api_v1_devices__device_id__delete({ path, identity, transaction }) {
      return transaction(async (tx) => {
        const { id } = await devices.findOwn(tx, identity, path.device_id);
        await deleteDevice(tx, id);
        return null;
      });
    },
  } satisfies Handlers;
}
