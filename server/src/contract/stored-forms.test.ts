import { textInCurrentForm } from './stored-forms.ts';

const OLD_STEP = JSON.stringify({
  spec: { source: 'steps.load', upstream_steps: [], pipeline_parameter_name: 'load' },
  config: {
    name: 'load',
    parameters: { a: 'ONE' },
    caching_parameters: {},
    outputs: { x: { materializer_source: [] } },
  },
}).replace('"ONE"', '1.0');

describe('a configuration that an older release has stored', () => {
  test('gets what it did not know, and keeps its numbers', () => {
    const text = textInCurrentForm('Step', OLD_STEP);
    const step = JSON.parse(text);
    expect(text).toContain('"parameters":{"a":1.0}');
    expect(step.spec).toMatchObject({
      source: { module: 'steps', attribute: 'load', type: 'unknown' },
      invocation_id: 'load',
      inputs: {},
      enable_heartbeat: false,
    });
    expect(step.config).toMatchObject({ secrets: [], retry: null, cache_policy: { expires_after: null } });
    expect(step.config).not.toHaveProperty('docstring');
    expect(JSON.parse(textInCurrentForm('PipelineConfiguration', '{"name":"train"}'))).toMatchObject({
      name: 'train',
      enable_heartbeat: null,
      environment: {},
    });
  });

  test('is current after that, and comes back untouched', () => {
    for (const kind of ['Step', 'PipelineConfiguration'] as const) {
      const spaced = `${textInCurrentForm(kind, kind === 'Step' ? OLD_STEP : '{"name":"train"}')} `;
      expect(textInCurrentForm(kind, spaced)).toBe(spaced);
    }
  });
});
