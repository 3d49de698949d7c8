/** What a client tells about the machine that it runs on. */
export interface ClientDescription {
  readonly hostname?: string;
  readonly zenml_version?: string;
  readonly python_version?: string;
  readonly os?: string;
}

const COLUMNS: ReadonlyMap<string, keyof ClientDescription> = new Map([
  ['Host', 'hostname'],
  ['ZenML', 'zenml_version'],
  ['Python', 'python_version'],
  ['OS', 'os'],
]);

/** The columns' width. */
const MAX_LENGTH = 255;

/** Reads the SDK's `User-Agent`, e.g. `Host/laptop ZenML/0.98.0 Python/3.11.2 OS/Linux`; other clients tell nothing. */
export function readClientDescription(userAgent: string | undefined): ClientDescription {
  const description: { -readonly [Column in keyof ClientDescription]: string } = {};
  for (const property of userAgent?.trim().split(' ') ?? []) {
    const slash = property.indexOf('/');
    const column = COLUMNS.get(property.slice(0, Math.max(slash, 0)));
    if (column !== undefined) description[column] = property.slice(slash + 1, slash + 1 + MAX_LENGTH);
  }
  return description;
}
