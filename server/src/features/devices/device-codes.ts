import { randomBytes } from 'node:crypto';
import { hashPassword } from '../../auth/passwords.ts';

/** A secret as its holder gets it, and as it is stored. */
export interface DeviceCode {
  readonly text: string;
  readonly hash: string;
}

/** The two codes of a device that waits: one for its user to confirm it with, one that it polls with itself. */
export interface DeviceCodes {
  readonly user: DeviceCode;
  readonly device: DeviceCode;
}

/** Makes both codes, as long as the reference's (ZenML 0.98.0 zen_stores/schemas/device_schemas.py). */
export async function newDeviceCodes(): Promise<DeviceCodes> {
  const [user, device] = await Promise.all([newCode(16), newCode(32)]);
  return { user, device };
}

async function newCode(bytes: number): Promise<DeviceCode> {
  const text = randomBytes(bytes).toString('hex');
  return { text, hash: await hashPassword(text) };
}
