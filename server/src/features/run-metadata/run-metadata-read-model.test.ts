import { stringify } from '../../raw-json.ts';
import { type MetadataEntry, resolveMetadata } from './run-metadata-read-model.ts';

function resolved(...values: [key: string, value: string][]): unknown {
  const entries: MetadataEntry[] = values.map(([key, value]) => ({ resource_id: 'r', key, value }));
  return JSON.parse(stringify(resolveMetadata(entries).get('r')));
}

describe('run metadata', () => {
  test('the latest value of a key counts', () => {
    expect(resolved(['a', '1'], ['b', '"x"'], ['a', '2.5'])).toEqual({ a: 2.5, b: 'x' });
  });

  test('objects under one key are merged', () => {
    expect(resolved(['a', '{"x": 1, "y": 1}'], ['a', '{"y": 2, "z": [3]}'])).toEqual({ a: { x: 1, y: 2, z: [3] } });
  });

  test('objects are not merged where another value is no object', () => {
    expect(resolved(['a', '{"x": 1}'], ['a', '3'], ['a', '{"y": 2}'])).toEqual({ a: { y: 2 } });
  });

  test('numbers keep the way they are written', () => {
    const entries = [{ resource_id: 'r', key: 'a', value: '1.0' }];
    expect(stringify(resolveMetadata(entries).get('r'))).toBe('{"a":1.0}');
  });
});
