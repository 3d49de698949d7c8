import { readMembers, writeMembers } from './json-members.ts';

describe('members of JSON text', () => {
  test.each([
    ['{}', {}],
    ['{"a":1}', { a: '1' }],
    ['{ "a" : 1.0 , "b": 12345678901234567890 }', { a: '1.0', b: '12345678901234567890' }],
    [' {"a": {"b": [1, {"c": "}"}]}, "d": "x"}\n', { a: '{"b": [1, {"c": "}"}]}', d: '"x"' }],
    ['{"quo\\"te": "back\\\\", "n": null}', { 'quo"te': '"back\\\\"', n: 'null' }],
    ['{"a":1,"a":[2]}', { a: '[2]' }],
  ])('%s', (json, expected) => {
    expect(Object.fromEntries(readMembers(json) ?? [])).toEqual(expected);
  });

  test('what is no object has none', () => {
    for (const json of ['[1]', '"{}"', '1', 'null']) expect(readMembers(json)).toBeUndefined();
  });

  test('text that is cut off is refused', () => {
    for (const json of ['{"a": "b', '{"a": [1, 2', '{"a": 1']) expect(() => readMembers(json)).toThrow(SyntaxError);
  });

  test('writing gives the same object', () => {
    const json = '{"a b":1.50,"ü":{"x":[true,null]},"\\"":"\\u0041"}';
    expect(JSON.parse(writeMembers(readMembers(json) ?? new Map()))).toEqual(JSON.parse(json));
    expect(writeMembers(readMembers(json) ?? new Map())).toContain('1.50');
  });
});
