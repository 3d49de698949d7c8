import { rawJson, rawJsonOr, stringify } from './raw-json.ts';

describe('stringify', () => {
  test('embeds stored JSON text as it is, in any place and number', () => {
    const value = { a: rawJson('{"x": [1, 2]}'), list: [rawJson('null'), 'text'], none: rawJsonOr(null, {}) };
    expect(stringify(value)).toBe('{"a":{"x": [1, 2]},"list":[null,"text"],"none":{}}');
  });

  test('does not take replacement patterns in stored text for its own', () => {
    expect(stringify([rawJson('"$& $1 $$"')])).toBe('["$& $1 $$"]');
  });

  test('prints undefined as null, as an answer without a body', () => {
    expect(stringify(undefined)).toBe('null');
  });
});
