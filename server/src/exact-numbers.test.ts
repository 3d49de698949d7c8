import { parseExactly, withPlainNumbers } from './exact-numbers.ts';

describe('numbers that are kept exact', () => {
  test.each([
    ['{"a": 1.0, "b": [2.50, -3.000]}', '{"a":1.0,"b":[2.5,-3.0]}'],
    ['[1e3, 1E-2, 12.5e1, 1e16, -0.0, -0]', '[1000.0,0.01,125.0,1e+16,-0.0,0]'],
    ['{"n":9007199254740993,"m":-123456789012345678901}', '{"n":9007199254740993,"m":-123456789012345678901}'],
    ['["1.0", "9007199254740993", 9007199254740991]', '["1.0","9007199254740993",9007199254740991]'],
    ['[1e-7, 0.00001, 0.0001, 1.5e-12]', '[1e-07,1e-05,0.0001,1.5e-12]'],
    ['1.0', '1.0'],
    ['{"s": "a: 1.0, \\"", "f": 0.1}', '{"s":"a: 1.0, \\"","f":0.1}'],
  ])('%s is written as %s', (text, written) => {
    expect(JSON.stringify(parseExactly(text))).toBe(written);
  });

  test('are plain for what compares', () => {
    expect(withPlainNumbers(parseExactly('{"a": [1.0], "b": 1e999, "c": null}'))).toEqual({
      a: [1],
      b: Number.POSITIVE_INFINITY,
      c: null,
    });
  });
});
