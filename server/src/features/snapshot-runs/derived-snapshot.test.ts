import type { Json } from '../../json.ts';
import { type Derivation, deriveConfigurations, secretsIn } from './derived-snapshot.ts';
import type { RunComponent } from './run-source-read-model.ts';

const component = (type: string, name: string, flavor: string): RunComponent => ({
  type,
  name,
  flavor,
  configuration: {},
  isCustom: false,
  integration: null,
  source: null,
});

const CONTENTS: Derivation['contents'] = {
  runNameTemplate: 'train-{date}',
  pipelineConfiguration: {
    name: 'train',
    enable_cache: true,
    parameters: null,
    settings: { 'orchestrator:cluster': { cpu: 1, memory: 2 } },
    extra: { owner: { team: 'a', mail: 'b' } },
    secrets: [],
    tags: null,
    model: { name: 'm', version: '1' },
  },
  pipelineSpec: { version: '0.5', parameters: {} },
  steps: [
    {
      name: 'fit',
      step: {
        spec: { invocation_id: 'fit' },
        step_config_overrides: { name: 'fit', parameters: { rate: 0.1 }, settings: {}, secrets: [] },
      },
    },
  ],
  pipelineVersionHash: null,
  sourceCode: null,
  codePath: null,
  sourceSnapshotId: null,
  codeReference: undefined,
};

const COMPONENTS = [component('orchestrator', 'cluster', 'kubernetes'), component('step_operator', 'gpu', 'vertex')];

const derive = (configuration: Json, more: Partial<Derivation> = {}) =>
  deriveConfigurations({
    contents: CONTENTS,
    isDynamic: false,
    components: COMPONENTS,
    buildComponents: COMPONENTS,
    byFlavor: false,
    configuration,
    secretIds: new Map(),
    orchestratorCanWait: false,
    ...more,
  });

describe('a derived snapshot', () => {
  test('without a configuration is the one that it is derived from', () => {
    expect(derive({})).toEqual({
      runNameTemplate: 'train-{date}',
      pipelineConfiguration: CONTENTS.pipelineConfiguration,
      pipelineSpec: CONTENTS.pipelineSpec,
      steps: CONTENTS.steps.map(({ name, step }) => [name, step]),
    });
  });

  // What ZenML 0.98.0 makes of the same configurations was read off its own `model_dump` and `update_model`.
  test.each<[string, Json, Json]>([
    ['what is null changes nothing', { enable_cache: null, extra: null }, {}],
    ['values replace', { enable_cache: false, tags: ['t'] }, { enable_cache: false, tags: ['t'] }],
    ['objects are merged', { extra: { owner: { team: 'c' } } }, { extra: { owner: { team: 'c', mail: 'b' } } }],
    ['inner nulls are kept', { extra: { owner: null } }, { extra: { owner: null } }],
    [
      'models lose their nulls',
      { model: { name: 'm', version: null } },
      { model: { name: 'm', version: '1', suppress_class_validation_warnings: true } },
    ],
    ['the name stays', { name: 'other' }, {}],
    ['unknown fields are left out', { nonsense: 1 }, {}],
    ['parameters are those of steps', { parameters: { a: 1 } }, {}],
    [
      'hooks and policies become what is stored',
      { failure_hook_source: 'hooks.mail.send@v1', cache_policy: 'default' },
      {
        failure_hook_source: { module: 'hooks.mail', attribute: 'send', type: 'unknown' },
        cache_policy: {
          include_step_code: true,
          include_step_parameters: true,
          include_artifact_values: true,
          include_artifact_ids: true,
        },
      },
    ],
    [
      'settings get the name of their component',
      { settings: { orchestrator: { cpu: 4, memory: null }, 'orchestrator:gone': { cpu: 9 }, resources: { gpu: 1 } } },
      { settings: { 'orchestrator:cluster': { cpu: 4, memory: 2 }, resources: { gpu: 1 } } },
    ],
  ])('%s', (_title, configuration, changes) => {
    expect(derive(configuration).pipelineConfiguration).toEqual({ ...CONTENTS.pipelineConfiguration, ...changes });
  });

  test('of a dynamic pipeline takes its parameters, also into the specification', () => {
    const { pipelineConfiguration, pipelineSpec } = derive({ parameters: { depth: 3 } }, { isDynamic: true });
    expect(pipelineConfiguration['parameters']).toEqual({ depth: 3 });
    expect(pipelineSpec).toEqual({ version: '0.5', parameters: { depth: 3 } });
  });

  test('changes steps by name and stores secrets by id', () => {
    const configuration = {
      run_name: 'again',
      secrets: ['token'],
      steps: {
        fit: { parameters: { rate: 1 }, enable_cache: false, secrets: ['key'], settings: { step_operator: {} } },
      },
    };
    expect(secretsIn(configuration)).toEqual(['token', 'key']);
    const secretIds = new Map([
      ['token', 'id-1'],
      ['key', 'id-2'],
    ]);
    const { runNameTemplate, pipelineConfiguration, steps } = derive(configuration, { secretIds });
    expect(runNameTemplate).toBe('again');
    expect(pipelineConfiguration['secrets']).toEqual(['id-1']);
    expect(steps[0]?.[1]['step_config_overrides']).toEqual({
      name: 'fit',
      parameters: { rate: 1 },
      enable_cache: false,
      secrets: ['id-2'],
      settings: { 'step_operator:gpu': {} },
    });
  });

  test('refuses parameters that a step does not have', () => {
    expect(() => derive({ steps: { fit: { parameters: { speed: 1, 'rat e': 2 } } } })).toThrow(
      "Run configuration contains the following unknown parameters for step fit: {'rat e', 'speed'}.",
    );
  });

  test('refuses a configuration that lacks parameters of a step', () => {
    const { name = '', step = {} } = CONTENTS.steps[0] ?? {};
    const steps = [{ name, step: { ...step, config: { parameters: { seed: 1, 'a b': 2, rate: 0.1 } } } }];
    expect(() => derive({}, { contents: { ...CONTENTS, steps } })).toThrow(
      "Run configuration is missing the following required parameters for step fit: {'a b', 'seed'}.",
    );
  });

  test.each([
    [false, { 'orchestrator:cluster': { cpu: 1, memory: 2, synchronous: false } }],
    [true, { 'orchestrator.kubernetes': { cpu: 1, memory: 2, synchronous: false } }],
  ])('tells an orchestrator that can wait not to (by flavor: %s)', (byFlavor, settings) => {
    const { pipelineConfiguration } = derive({}, { byFlavor, orchestratorCanWait: true });
    expect(pipelineConfiguration['settings']).toEqual(settings);
  });
});
