import { readFileSync } from 'node:fs';
import { ALL_VARIABLES } from '../src/config/sections.ts';
import { configurationDocs } from './configuration-docs.ts';

describe('docs/configuration.md', () => {
  test('is what the code says; else run `npm run docs:configuration`', () => {
    const written = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
    expect(written).toBe(configurationDocs());
  });

  test.each(ALL_VARIABLES.map((variable) => [variable.name, variable] as const))(
    '%s says what it takes',
    (_name, variable) => {
      expect(variable.format.description).toMatch(/^\S/);
      expect(variable.doc).toMatch(/\.$/);
    },
  );

  test('names each variable once', () => {
    const names = ALL_VARIABLES.map(({ name }) => name);
    expect(names).toHaveLength(new Set(names).size);
  });
});
