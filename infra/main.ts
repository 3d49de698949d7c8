import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { App } from 'cdktf';
import { ConfigError, readConfig } from './src/config/read-config.ts';
import { makeStack } from './src/make-stack.ts';

const OWN_FILE = 'infra.yaml';
const DEFAULT_FILE = fileURLToPath(new URL('default.yaml', import.meta.url));

/** What `cdktf synth` and `cdktf deploy` run. The configuration is the file that `ZENML_INFRA_CONFIG` names, or `infra.yaml`. */
try {
  const config = readConfig(process.env['ZENML_INFRA_CONFIG'] ?? (existsSync(OWN_FILE) ? OWN_FILE : DEFAULT_FILE));
  const app = new App();
  makeStack(app, config);
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`The configuration is refused, and nothing is written:\n${error.message}\n`);
  process.exitCode = 78;
}
