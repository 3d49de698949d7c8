/** A label to look for; `null` takes any value. */
export interface Label {
  readonly name: string;
  readonly value: string | null;
}

/**
 * Reads a filter by labels: a JSON object whose values may be null, or `name=value` pairs and names separated by commas
 * (ZenML 0.98.0 models/v2/core/service_connector.py).
 */
export function parseLabels(text: string): Label[] {
  const json = parseObject(text);
  if (json)
    return Object.entries(json).map(([name, value]) => ({ name, value: value === null ? null : String(value) }));
  return text.split(',').map((part) => {
    const [name = '', ...value] = part.split('=');
    return { name, value: value.length > 0 ? value.join('=') : null };
  });
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
