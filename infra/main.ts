import { App } from 'cdktf';
import { ConfigError, findConfig, readConfig } from './src/config/read-config.ts';
import { makeStack } from './src/make-stack.ts';

/** What `cdktf synth` and `cdktf deploy` run. */
try {
  const config = readConfig(findConfig(process.cwd()));
  const app = new App();
  makeStack(app, config);
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`The configuration is refused, and nothing is written:\n${error.message}\n`);
  process.exitCode = 78;
}
