import { readMembers } from '../../json-members.ts';
import { configSchema } from './config-schema.ts';
import { configTemplate } from './config-template.ts';
import { type ConfigurableSnapshot, toConfigurableStep } from './configurable-snapshot.ts';
import { type Definition, nameDefinitions } from './schema-definitions.ts';

interface Schema {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly $defs: Readonly<Record<string, Schema>>;
}

const cluster = { type: 'orchestrator', name: 'k8s', flavor: 'kubernetes', isCustom: false };

function snapshotOf(steps: Readonly<Record<string, object>>, more: Partial<ConfigurableSnapshot> = {}) {
  const snapshot = {
    runNameTemplate: 'train-{date}',
    isDynamic: false,
    pipelineConfiguration: '{"name": "train", "parameters": {"alpha": 1.0}}',
    components: [cluster],
    ...more,
  };
  const { pipelineConfiguration, isDynamic } = snapshot;
  const read = ([name, step]: [string, object]) =>
    toConfigurableStep(name, JSON.stringify(step), pipelineConfiguration, isDynamic);
  return { ...snapshot, steps: Object.entries(steps).map(read) };
}

const schemaOf = (snapshot: ConfigurableSnapshot) => JSON.parse(configSchema(snapshot)) as Schema;
const own = (overrides: object, spec: object = {}) => ({ spec, step_config_overrides: overrides });

describe('the schema of a run configuration', () => {
  test('has the settings of the components, the operators to choose from and the steps', () => {
    const operators = ['a', 'b'].map((name) => ({ type: 'step_operator', name, flavor: 'sagemaker', isCustom: false }));
    const custom = { type: 'experiment_tracker', name: 'ours', flavor: 'own', isCustom: true };
    const { properties, required, $defs } = schemaOf(
      snapshotOf({ load: own({}) }, { components: [cluster, ...operators, custom] }),
    );
    expect(Object.keys($defs['Settings']?.properties ?? {})).toEqual([
      'resources',
      'orchestrator:k8s',
      'step_operator:a',
      'step_operator:b',
    ]);
    expect($defs['KubernetesOrchestratorSettings']?.properties).toHaveProperty('pod_startup_timeout');
    expect($defs['StepOperators']).toEqual({ enum: ['a', 'b'], title: 'StepOperators', type: 'string' });
    expect($defs['ExperimentTrackers']).toMatchObject({ enum: ['ours'] });
    expect($defs['Steps']?.properties['load']).toEqual({
      anyOf: [{ $ref: '#/$defs/load' }, { type: 'null' }],
      default: null,
    });
    expect($defs['load']?.properties).not.toHaveProperty('runtime');
    expect([properties['run_name'], required]).toEqual([expect.anything(), undefined]);
  });

  test('requires the parameters of steps, of which older clients say only the names', () => {
    const { required, $defs } = schemaOf(snapshotOf({ fit: own({ parameters: { _rate2x: 1, n: 2 } }), rest: own({}) }));
    expect([required, $defs['Steps']?.required, $defs['fit']?.required]).toEqual([['steps'], ['fit'], ['parameters']]);
    expect($defs['fit_parameters']).toEqual({
      properties: { _rate2x: { title: 'Rate2X' }, n: { title: 'N' } },
      required: ['_rate2x', 'n'],
      title: 'fit_parameters',
      type: 'object',
    });
  });

  test('takes the clients’ schemas of parameters, with their texts and under names of their own', () => {
    const specOf = (kind: string) => ({
      parameter_spec: {
        $defs: { Options: { type: kind, description: 'How' } },
        properties: { options: { $ref: '#/$defs/Options' } },
      },
    });
    const parameters = { options: {} };
    const steps = { a: own({ parameters }, specOf('object')), b: own({ parameters }, specOf('string')) };
    const { $defs } = schemaOf(snapshotOf(steps));
    expect($defs['Options']).toEqual({ type: 'object', description: 'How' });
    expect($defs['b__Options']).toEqual({ type: 'string', description: 'How' });
    expect($defs['b']?.properties['parameters']).toEqual({ properties: { options: { $ref: '#/$defs/b__Options' } } });
    expect($defs).not.toHaveProperty('b_parameters');
  });

  test('has parameters of the run only where the pipeline is dynamic', () => {
    expect(schemaOf(snapshotOf({})).properties).not.toHaveProperty('parameters');
    const { properties, $defs } = schemaOf(snapshotOf({}, { isDynamic: true }));
    expect(properties['parameters']).toEqual({ $ref: '#/$defs/Parameters', default: null });
    expect($defs['Parameters']?.required).toEqual(['alpha']);
  });

  test('keeps the numbers as they are written', () => {
    const spec = new Map([['properties', '{"rate": {"default": 1.0}}']]);
    const step = { name: 'fit', overrides: new Map(), parameters: ['rate'], parameterSpec: spec };
    expect(configSchema({ ...snapshotOf({}), steps: [step] })).toContain('{"rate": {"default": 1.0}}');
  });
});

describe('names of definitions', () => {
  const define = (key: string, qualifiedName: string, text: string): [string, Definition] => [
    key,
    { qualifiedName, text },
  ];

  test('are short where that is clear, and long where it is not', () => {
    const definitions = new Map([
      define('1', 'zenml.model.Model', '{"title":"Model"}'),
      define('2', 'own.Model', '{"title":"Other"}'),
      define('3', 'own.step', '{"$ref":"#/$defs/1"}'),
      define('4', 'own.my step', '{}'),
    ]);
    expect([...nameDefinitions(definitions).values()]).toEqual([
      'zenml__model__Model',
      'own__Model',
      'step',
      'my_step',
    ]);
  });

  test('are numbered where even the long ones are the same', () => {
    const definitions = new Map([define('1', 'own.Settings', '{"a":1}'), define('2', 'own.Settings', '{"a":2}')]);
    expect([...nameDefinitions(definitions).values()]).toEqual(['own__Settings__1', 'own__Settings__2']);
  });
});

describe('the template of a run configuration', () => {
  const templateOf = (snapshot: ConfigurableSnapshot) => JSON.parse(configTemplate(snapshot)) as object;

  test('has what differs from the defaults, and nothing that is built into the image', () => {
    const step = {
      enable_cache: false,
      settings: { docker: { parent_image: 'x' }, resources: { cpu_count: 1, memory: null } },
      secrets: [],
      failure_hook_source: { module: 'hooks', attribute: 'f', type: 'user' },
      retry: { max_retries: 3, delay: 0, backoff: 0 },
      cache_policy: { include_step_code: true },
      heartbeat_healthy_threshold: 30,
      outputs: { output: {} },
      parameters: { n: null },
    };
    const pipelineConfiguration = JSON.stringify({
      settings: { docker: {} },
      execution_mode: 'continue_on_failure',
      cache_policy: { include_step_code: true },
      tags: ['t', { name: 'u', color: null, cascade: true }],
      parameters: { alpha: 1 },
    });
    expect(templateOf(snapshotOf({ fit: own(step) }, { pipelineConfiguration }))).toEqual({
      run_name: 'train-{date}',
      steps: {
        fit: {
          enable_cache: false,
          settings: { resources: { cpu_count: 1 } },
          failure_hook_source: 'hooks.f',
          retry: { max_retries: 3 },
          parameters: { n: null },
        },
      },
      settings: {},
      cache_policy: {},
      tags: ['t', { name: 'u', cascade: true }],
    });
  });

  test('has the parameters of a dynamic pipeline as they are written', () => {
    const template = configTemplate(snapshotOf({}, { isDynamic: true }));
    expect(readMembers(template)?.get('parameters')).toBe('{"alpha": 1.0}');
  });

  test('takes the merged configuration of old for the step’s own', () => {
    const pipelineConfiguration = '{"substitutions": {"who": "me"}, "environment": {"A": "1"}}';
    const steps = { old: { spec: {}, config: { enable_cache: true } } };
    expect(templateOf(snapshotOf(steps, { pipelineConfiguration }))).toMatchObject({
      steps: { old: { enable_cache: true, substitutions: { who: 'me' } } },
    });
  });
});
