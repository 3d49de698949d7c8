import { readClientDescription } from './client-description.ts';

test.each([
  [
    'the SDK',
    'Host/laptop ZenML/0.98.0 Python/3.11.2 OS/Linux',
    { hostname: 'laptop', zenml_version: '0.98.0', python_version: '3.11.2', os: 'Linux' },
  ],
  ['a value with a slash in it', 'Host/a/b', { hostname: 'a/b' }],
  ['a browser', 'Mozilla/5.0 (X11; Linux x86_64)', {}],
  ['words without a slash', 'Host laptop', {}],
  ['no header', undefined, {}],
])('reads what %s tells', (_who, header, expected) => {
  expect(readClientDescription(header)).toEqual(expected);
});

test('cuts what does not fit into the column', () => {
  expect(readClientDescription(`OS/${'x'.repeat(300)}`).os).toHaveLength(255);
});
