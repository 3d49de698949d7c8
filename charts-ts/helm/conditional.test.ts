import { addCondition, type Json, toNode } from './conditional.ts';
import { Marks } from './marks.ts';
import { TemplateWriter } from './template.ts';

/** The template of a manifest that is another one where something is off. */
function templateOf(on: Json, ...offs: [condition: string, off: Json][]): string {
  let node = toNode(on);
  for (const [condition, off] of offs) node = addCondition(node, off, condition);
  return new TemplateWriter(new Marks()).write(node, []);
}

test('what is the same either way has no condition', () => {
  expect(templateOf({ a: 1, b: ['x'] }, ['.on', { a: 1, b: ['x'] }])).toBe('a: 1\nb:\n  - x\n');
});

test('what is only there while something is on, or only while it is off, has one', () => {
  expect(templateOf({ a: 1, on: 2 }, ['.on', { a: 1, off: 3 }])).toBe(
    'a: 1\n{{- if .on }}\non: 2\n{{- end }}\n{{- if not .on }}\noff: 3\n{{- end }}\n',
  );
});

test('a value that is another one has both', () => {
  expect(templateOf({ a: 1 }, ['.on', { a: 2 }])).toBe('{{- if .on }}\na: 1\n{{- else }}\na: 2\n{{- end }}\n');
});

test('an element that is missing has one, and its neighbours none', () => {
  expect(templateOf({ list: ['x', 'y', 'z'] }, ['.on', { list: ['x', 'z'] }])).toBe(
    'list:\n  - x\n{{- if .on }}\n  - y\n{{- end }}\n  - z\n',
  );
});

test('a list or a map that is empty is written as such', () => {
  expect(templateOf({ list: ['x'], map: { a: 1 } }, ['.on', { list: [], map: {} }])).toBe(
    [
      '{{- if .on }}\nlist:\n  - x\n{{- else }}\nlist: []\n{{- end }}',
      '{{- if .on }}\nmap:\n  a: 1\n{{- else }}\nmap: {}\n{{- end }}\n',
    ].join('\n'),
  );
});

test('what depends on two things needs both; two that decide on one value are refused', () => {
  expect(templateOf({ a: 1, b: 2 }, ['.one', { a: 1 }], ['.other', { a: 1 }])).toBe(
    'a: 1\n{{- if and (.one) (.other) }}\nb: 2\n{{- end }}\n',
  );
  expect(() => templateOf({ a: 1 }, ['.one', { a: 2 }], ['.other', { a: 3 }])).toThrow(
    'Two conditions decide on one value: .one and .other',
  );
});
