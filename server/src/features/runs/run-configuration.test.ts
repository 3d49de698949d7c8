import { stringify } from '../../raw-json.ts';
import { finalizeSubstitutions, toEnvironment, toRunConfiguration } from './run-configuration.ts';

test('a run shows the date and time of its start among the substitutions', () => {
  const stored = '{"name":"p","substitutions":{"who":"me","time":"noon"},"extra":{"x":1.0}}';
  const shown = stringify(toRunConfiguration(stored, '2026-03-04 05:06:07'));
  expect(JSON.parse(shown).substitutions).toEqual({ who: 'me', time: 'noon', date: '2026_03_04' });
  expect(shown).toContain('"extra":{"x":1.0}');
});

test('the time of a start has six digits behind the second', () => {
  expect(finalizeSubstitutions({}, '2026-03-04 05:06:07')).toEqual({ date: '2026_03_04', time: '05_06_07_000000' });
  expect(finalizeSubstitutions({}, null)['time']).toMatch(/^\d\d_\d\d_\d\d_\d{6}$/);
});

test('Python packages are left out of environments unless asked for', () => {
  const stored = '{"os": "linux", "python_packages": ["a==1.0", "b"]}';
  expect(stringify(toEnvironment(stored, false))).toBe('{"os":"linux"}');
  expect(JSON.parse(stringify(toEnvironment(stored, true)))).toHaveProperty('python_packages');
  expect(toEnvironment(null, false)).toEqual({});
});
