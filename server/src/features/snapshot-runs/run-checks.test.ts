import type { Json } from '../../json.ts';
import { isLocalComponent } from './local-components.ts';
import { checkRunConfiguration, imagesOf, stackChecksum } from './run-checks.ts';

describe('local components', () => {
  test.each<[string, string, Json, boolean]>([
    ['orchestrator', 'local', {}, true],
    ['orchestrator', 'kubernetes', {}, false],
    ['orchestrator', 'kubernetes', { local: true }, true],
    ['orchestrator', 'airflow', {}, true],
    ['orchestrator', 'airflow', { local: false }, false],
    ['artifact_store', 's3', { path: 's3://b' }, false],
    ['image_builder', 'local', {}, false],
    ['container_registry', 'default', { uri: 'localhost:5000/' }, true],
    ['container_registry', 'default', { uri: 'localhost' }, false],
    ['experiment_tracker', 'mlflow', {}, true],
    ['experiment_tracker', 'mlflow', { tracking_uri: 'https://mlflow' }, false],
    ['experiment_tracker', 'mlflow', { tracking_uri: 'databricks' }, false],
    ['deployer', 'kubernetes', { kubernetes_context: 'Kind-test' }, true],
    ['feature_store', 'feast', { online_host: 'redis' }, false],
  ])('%s %s %j: %s', (type, flavor, configuration, expected) => {
    expect(isLocalComponent({ type, flavor, configuration })).toBe(expected);
  });
});

describe('what a run configuration cannot change', () => {
  test.each<[string, Json]>([
    ['pipeline parameters', { parameters: { a: 1 } }],
    ['set build', { build: '3f1e8bd8-0000-4000-8000-000000000001' }],
    ['set schedule', { schedule: { cron_expression: '* * * * *' } }],
    ['set DockerSettings', { settings: { docker: {} } }],
    ['set DockerSettings', { steps: { fit: { settings: { docker: { requirements: [] } } } } }],
  ])("Can't … %s", (words, configuration) => {
    expect(() => checkRunConfiguration(configuration, false)).toThrow(words);
  });

  test('leaves parameters to dynamic pipelines', () => {
    expect(() => checkRunConfiguration({ parameters: { a: 1 }, steps: { fit: {} } }, true)).not.toThrow();
    expect(() => checkRunConfiguration({ parameters: {} }, false)).not.toThrow();
  });
});

test('the checksum of a stack is that of the integrations it needs', () => {
  const component = (integration: string | null) => ({
    type: '',
    name: '',
    flavor: '',
    configuration: {},
    isCustom: false,
    source: null,
    integration,
  });
  const components = ['s3', 'built-in', 'kubernetes', null, 's3'].map(component);
  // md5 of `kubernetess3`
  expect(stackChecksum({ components })).toBe('3509a262e1bb5cd89a636f658e603bb9');
});

test('the images of a snapshot are those of all its pods, each once', () => {
  const images = {
    orchestrator: { image: 'registry/train:1' },
    'load.orchestrator': { image: 'registry/load:1' },
    'fit.orchestrator': { image: 'registry/train:1', requires_code_download: true },
    'odd.orchestrator': {},
  };
  expect(imagesOf({ build: { images } })).toEqual({
    orchestrator: 'registry/train:1',
    all: ['registry/train:1', 'registry/load:1'],
  });
});
