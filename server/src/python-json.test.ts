import { toValidJson } from './python-json.ts';

test.each([
  ['NaN', 'null'],
  ['[Infinity, -Infinity, 1.5]', '[null, null, 1.5]'],
  ['{"NaN": NaN, "s": "\\"NaN\\" Infinity"}', '{"NaN": null, "s": "\\"NaN\\" Infinity"}'],
  ['{"a": 1.0}', '{"a": 1.0}'],
])('%s becomes %s', (text, expected) => {
  expect(toValidJson(text)).toBe(expected);
});
