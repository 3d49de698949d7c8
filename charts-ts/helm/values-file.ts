import { stringify } from 'yaml';
import type { ValueSchema } from './symbols.ts';

/**
 * Writes values.yaml: every value with its default and its description. Those without a default, and maps that are
 * replaced as a whole, stand in comments: Helm would mix what is given with what is there.
 */
export function writeValues(schema: ValueSchema): string {
  return `${linesOf(schema, false).join('\n')}\n`;
}

/** @param commented whether they will be a part of a comment */
function linesOf({ properties = {} }: ValueSchema, commented: boolean): string[] {
  return Object.entries(properties)
    .filter(([name]) => !name.startsWith('$'))
    .flatMap(([name, schema]) => [
      ...(schema.description === undefined ? [] : [`# ${schema.description}`]),
      ...linesOfValue(name, schema, commented),
    ]);
}

function linesOfValue(name: string, schema: ValueSchema, commented: boolean): string[] {
  const absent = schema.default === undefined;
  const comment = (lines: readonly string[]) => (commented ? [...lines] : lines.map((line) => `# ${line}`));
  if (schema.properties) {
    const inner = linesOf(schema, commented || absent);
    const lines = [`${name}:`, ...inner.map((line) => `  ${line}`)];
    if (absent) return comment(lines);
    return inner.every((line) => line.startsWith('#')) ? [`${name}: {}`, ...lines.slice(1)] : lines;
  }
  if (absent) return comment([`${name}:`]);
  const lines = stringify({ [name]: schema.default }, { lineWidth: 0 })
    .trimEnd()
    .split('\n');
  const isMap = schema.type === 'object' && Object.keys(schema.default as object).length > 0;
  return isMap ? comment(lines) : lines;
}
