import { readdirSync, readFileSync } from 'node:fs';
import { load } from '../testing/test-config.ts';

test('Each value is read somewhere else', () => {
  const root = new URL('../', import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !/^(config|testing)[/]|[.]test[.]ts$/.test(name),
  );
  const code = files.map((name) => readFileSync(new URL(name, root), 'utf8')).join('\n');
  // Those of security headers are turned into headers beside the configuration.
  const { securityHeaders: _, ...sections } = load({});
  const unread = Object.values(sections).flatMap((section: unknown) =>
    Object.keys(section ?? {}).filter((field) => !new RegExp(`\\b${field}\\b`).test(code)),
  );
  expect(unread).toEqual([]);
});
