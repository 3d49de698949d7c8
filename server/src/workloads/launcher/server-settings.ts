import type { Config } from '../../config/config.ts';
import type { Finding } from '../manager.ts';

/** Why nothing can be launched without an address. */
export const NO_ADDRESS: Finding = {
  severity: 'error',
  problem: 'ZENML_SERVER_SERVER_URL is not set, so that the runner would not find the server.',
  fix: 'Set it to the address under which pods reach the API.',
};

const RANDOM_KEY: Finding = {
  severity: 'warning',
  problem:
    'ZENML_SERVER_JWT_SECRET_KEY is not set, so that the tokens of runners are refused after a restart, and by other replicas.',
  fix: 'Set it, the same for all replicas: `openssl rand -hex 32` makes one.',
};

/** What the server's own configuration lacks that runners need. */
export function diagnoseSettings({ server, auth }: Pick<Config, 'server' | 'auth'>): readonly Finding[] {
  return [...(server.serverUrl === undefined ? [NO_ADDRESS] : []), ...(auth.hasRandomKey ? [RANDOM_KEY] : [])];
}
