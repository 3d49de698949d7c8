import { normalizeSettingKeys, usesFlavorKeys } from './setting-keys.ts';

const COMPONENTS = [
  { type: 'orchestrator', name: 'cluster', flavor: 'kubernetes' },
  { type: 'step_operator', name: 'small', flavor: 'vertex' },
  { type: 'step_operator', name: 'large', flavor: 'vertex' },
];

describe('keys of settings', () => {
  test.each([
    ['0.94.2', true],
    ['0.94.3', false],
    ['0.94.3rc1', true],
    ['0.98.0', false],
    ['1.0', false],
    ['0.9', true],
    ['', true],
    [null, true],
    ['main', true],
  ])('of ZenML %s name flavors: %s', (version, expected) => {
    expect(usesFlavorKeys(version)).toBe(expected);
  });

  test.each([
    ['step_operator', 'step_operator:small'],
    ['step_operator:large', 'step_operator:large'],
    ['orchestrator.kubernetes', 'orchestrator:cluster'],
    ['docker', 'docker'],
    ['orchestrators', 'orchestrators'],
  ])('%s means %s', (given, expected) => {
    expect(normalizeSettingKeys({ [given]: 1 }, COMPONENTS, false)).toEqual({ [expected]: 1 });
  });

  test.each([
    [{ alerter: {} }, 'Unable to resolve settings key `alerter` because the stack has no default component'],
    [{ 'step_operator.vertex': {} }, 'because it matched 2 components.'],
    [{ orchestrator: {}, 'orchestrator.kubernetes': {} }, 'Both refer to orchestrator:cluster.'],
  ])('%j are refused', (settings, message) => {
    expect(() => normalizeSettingKeys(settings, COMPONENTS, false)).toThrow(message);
  });
});
