import { toValidJson } from './python-json.ts';

test.each([
  ['NaN', 'null'],
  ['[Infinity, -Infinity, 1.5]', '[null, null, 1.5]'],
  ['{"NaN": NaN, "s": "\\"NaN\\" Infinity"}', '{"NaN": null, "s": "\\"NaN\\" Infinity"}'],
  ['{"a": 1.0}', '{"a": 1.0}'],
])('%s becomes %s', (text, expected) => {
  expect(toValidJson(text)).toBe(expected);
});

test('a number that is not finite can become another one, and strings of any length stay', () => {
  const text = JSON.stringify('NaN \\" '.repeat(1_000_000));
  expect(toValidJson(`[NaN, ${text}]`, () => '0.5')).toBe(`[0.5, ${text}]`);
});
