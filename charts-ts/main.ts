import { existsSync } from 'node:fs';
import { App } from 'cdk8s';
import { readValues, toSettings, ValuesError } from './src/load-values.ts';
import { publishManifests } from './src/publish.ts';
import { ServerChart } from './src/server-chart.ts';

const DEFAULT_FILE = 'values.yaml';
/** The output folder in cdk8s.yaml. */
const OUTPUT = 'dist/.cdk8s';
const MANIFESTS = 'dist/manifests';

/** What `cdk8s synth` runs. Values come from the file that `ZENML_CHART_VALUES` names, or `values.yaml` where it is there. */
try {
  const given = process.env['ZENML_CHART_VALUES'];
  const path = given ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  const settings = path === undefined ? toSettings({}) : readValues(path);
  const app = new App({ outputFileExtension: '.yaml' });
  new ServerChart(app, settings);
  app.synth();
  if (process.env['CDK8S_OUTDIR'] === OUTPUT) {
    publishManifests(OUTPUT, MANIFESTS);
    process.stderr.write(`The manifests are in ${MANIFESTS}.\n`);
  }
} catch (error) {
  if (!(error instanceof ValuesError)) throw error;
  process.stderr.write(`The values are refused, and nothing is written:\n${error.message}\n`);
  process.exitCode = 78;
}
