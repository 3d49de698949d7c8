import { inheritanceOf, toStep } from './step-configuration.ts';

const pipeline = {
  settings: { docker: { parent_image: 'pipeline', user: null } },
  environment: { A: 'pipeline', B: 'pipeline' },
  secrets: ['p'],
  retry: { max_retries: 3, delay: 0, backoff: 0 },
  substitutions: { date: '2026' },
  failure_hook_source: { module: 'hooks', type: 'user' },
  enable_cache: true,
};

describe('toStep', () => {
  test('merges the step over the pipeline, and adds up secrets', () => {
    const stored = JSON.stringify({
      spec: {},
      step_config_overrides: {
        name: 's',
        settings: { docker: { parent_image: 'step' }, resources: { cpu_count: 1 } },
        environment: { B: 'step' },
        secrets: ['s'],
        retry: null,
        substitutions: {},
        failure_hook_source: null,
        enable_cache: null,
      },
    });
    expect(toStep(stored, inheritanceOf(pipeline, false)).config).toMatchObject({
      name: 's',
      settings: { docker: { parent_image: 'step' }, resources: { cpu_count: 1 } },
      environment: { A: 'pipeline', B: 'step' },
      secrets: ['p', 's'],
      retry: { max_retries: 3, delay: 0, backoff: 0 },
      substitutions: { date: '2026' },
      failure_hook_source: { module: 'hooks', type: 'user' },
      enable_cache: null,
    });
  });

  test('keeps the hooks of a dynamic pipeline from its steps', () => {
    const stored = JSON.stringify({ spec: {}, step_config_overrides: { name: 's', failure_hook_source: null } });
    expect(toStep(stored, inheritanceOf(pipeline, true)).config).toMatchObject({ failure_hook_source: null });
  });

  test('applies only substitutions to a step that was stored merged, and takes it for its own overrides', () => {
    const stored = JSON.stringify({ spec: {}, config: { name: 's', substitutions: { a: '1' }, environment: {} } });
    const step = toStep(stored, inheritanceOf(pipeline, false));
    expect(step.config).toMatchObject({ substitutions: { a: '1', date: '2026' }, environment: {} });
    expect(step.step_config_overrides).toEqual(step.config);
  });
});
