import { existsSync } from 'node:fs';
import { App } from 'cdk8s';
import { readValues, toSettings, ValuesError } from './src/load-values.ts';
import { ServerChart } from './src/server-chart.ts';

const DEFAULT_FILE = 'values.yaml';

/** What `cdk8s synth` runs. Values come from the file that `ZENML_CHART_VALUES` names, or `values.yaml` where it is there. */
try {
  const given = process.env['ZENML_CHART_VALUES'];
  const path = given ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  const settings = path === undefined ? toSettings({}) : readValues(path);
  const app = new App({ outputFileExtension: '.yaml' });
  new ServerChart(app, settings);
  app.synth();
} catch (error) {
  if (!(error instanceof ValuesError)) throw error;
  process.stderr.write(`The values are refused, and nothing is written:\n${error.message}\n`);
  process.exitCode = 78;
}
