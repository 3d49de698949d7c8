import { stringify } from 'yaml';
import type { Entry, Item, Node } from './conditional.ts';
import type { Mark, Marks } from './marks.ts';

/** Writes manifests as Helm's templates: marks become expressions, conditions become blocks. */
export class TemplateWriter {
  readonly #marks: Marks;

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  /** A file of a manifest. */
  write(manifest: Node, conditions: readonly string[]): string {
    if (manifest.kind !== 'map') throw new Error('A manifest is a map.');
    return `${guarded(conditions, this.#entries(manifest.entries, 0)).join('\n')}\n`;
  }

  /** Helm's expression of a map, some entries of which may be marks. */
  mapExpression(map: Readonly<Record<string, string>>): string {
    const parts: string[] = [];
    let known: string[] = [];
    const flush = () => {
      if (known.length > 0) parts.push(`(dict ${known.join(' ')})`);
      known = [];
    };
    for (const [key, value] of Object.entries(map)) {
      const all = this.#expressionOfMap(key);
      if (all === undefined) {
        known.push(literal(key), this.#textExpression(value));
        continue;
      }
      flush();
      parts.push(all);
    }
    flush();
    return parts.length === 1 ? `${parts[0]}` : `(include "zenml.merged" (list ${parts.join(' ')}) | fromJson)`;
  }

  #expressionOfMap(key: string): string | undefined {
    const [mark] = this.#marks.split(key).marks;
    return mark?.type === 'map' ? mark.range?.replace('$name, $value := ', '') : undefined;
  }

  #entries(entries: readonly Entry[], indent: number): string[] {
    return entries.flatMap(({ key, node, conditions }) => guarded(conditions, this.#entry(key, node, indent)));
  }

  #entry(key: string, node: Node, indent: number): string[] {
    const name = `${' '.repeat(indent)}${stringify(key).trim()}:`;
    switch (node.kind) {
      case 'scalar':
        return [`${name} ${this.#scalar(node.value)}`];
      case 'either':
        return either(node.condition, this.#entry(key, node.present, indent), this.#entry(key, node.otherwise, indent));
      case 'map': {
        if (node.entries.length === 0) return [`${name} {}`];
        if (!node.entries.some((entry) => this.#expressionOfMap(entry.key) !== undefined))
          return [name, ...this.#entries(node.entries, indent + 2)];
        return [`${name} {{- toYaml ${this.mapExpression(textsOf(node.entries))} | nindent ${indent + 2} }}`];
      }
      case 'list':
        if (node.items.length === 0) return [`${name} []`];
        return [name, ...node.items.flatMap((item) => this.#item(item, indent + 2))];
    }
  }

  #item({ node, source, conditions }: Item, indent: number): string[] {
    const range = this.#marks.rangeOf(source);
    const lines = this.#element(node, indent);
    return guarded(conditions, range === undefined ? lines : [`{{- range ${range} }}`, ...lines, '{{- end }}']);
  }

  #element(node: Node, indent: number): string[] {
    const dash = `${' '.repeat(indent)}-`;
    switch (node.kind) {
      case 'scalar':
        return [`${dash} ${this.#scalar(node.value)}`];
      case 'map': {
        const whole = node.entries.flatMap(({ node: child }) => this.#wholeElement(child) ?? [])[0];
        if (whole !== undefined) return [`${dash} {{ toRawJson ${whole} }}`];
        // Whether a line is there must not decide about the dash.
        const ordered = [...node.entries].sort((one, other) => one.conditions.length - other.conditions.length);
        const [first = '', ...rest] = this.#entries(ordered, indent + 2);
        if (first.startsWith('{{')) return [dash, first, ...rest];
        return [`${dash} ${first.trimStart()}`, ...rest];
      }
      default:
        throw new Error(`A list of ${node.kind} is not known.`);
    }
  }

  #wholeElement(node: Node): string | undefined {
    if (node.kind !== 'scalar' || typeof node.value !== 'string') return undefined;
    const [mark] = this.#marks.split(node.value).marks;
    return mark?.type === 'element' ? mark.expression : undefined;
  }

  #scalar(value: null | boolean | number | string): string {
    if (typeof value !== 'string') return `${value}`;
    const { texts, marks } = this.#marks.split(value);
    const [mark] = marks;
    if (mark?.type === 'integer' && value.startsWith('helm') && texts.join('') === '') return `{{ ${printed(mark)} }}`;
    if (mark === undefined && !value.includes('{{')) return stringify(value, { lineWidth: 0 }).trim();
    return `{{ ${this.#textExpression(value)} | quote }}`;
  }

  #textExpression(value: string): string {
    const { texts, marks } = this.#marks.split(value);
    const [mark] = marks;
    if (mark === undefined) return literal(value);
    if (texts.join('') === '' && mark.type !== 'integer') return mark.expression;
    const format = texts.map((text) => text.replaceAll('%', '%%')).join('%v');
    return `(printf ${literal(format)} ${marks.map(printed).join(' ')})`;
  }
}

function printed({ expression, type }: Mark): string {
  return type === 'integer' ? `(int64 ${expression})` : expression;
}

/** A text in Go's templates. */
function literal(text: string): string {
  return JSON.stringify(text);
}

function textsOf(entries: readonly Entry[]): Record<string, string> {
  return Object.fromEntries(
    entries.map(({ key, node }) => {
      if (node.kind !== 'scalar' || typeof node.value !== 'string') throw new Error(`${key}: must be a text.`);
      return [key, node.value];
    }),
  );
}

function guarded(conditions: readonly string[], lines: string[]): string[] {
  if (conditions.length === 0) return lines;
  return [`{{- if ${allOf(conditions)} }}`, ...lines, '{{- end }}'];
}

function either(condition: string, present: string[], otherwise: string[]): string[] {
  return [`{{- if ${condition} }}`, ...present, '{{- else }}', ...otherwise, '{{- end }}'];
}

function allOf(conditions: readonly string[]): string {
  const [first = '', ...more] = conditions;
  return more.length === 0 ? first : `and ${conditions.map((condition) => `(${condition})`).join(' ')}`;
}
