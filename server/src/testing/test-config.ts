import { type Config, loadConfig } from '../config/config.ts';
import { ConfigurationError } from '../config/configuration-error.ts';

/** The one variable that a server must have. */
export const URL_VARIABLE = { ZENML_STORE_URL: 'mysql://zen:pass@db/zenml' };

/** What a server makes of an environment. */
export const load = (env: NodeJS.ProcessEnv): Config => loadConfig({ ...URL_VARIABLE, ...env });

/** How a server refuses an environment. @throws where it takes it */
export function refusal(env: NodeJS.ProcessEnv): ConfigurationError {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('The configuration was accepted.');
}
