import type { Mistake } from './configuration-error.ts';
import type { ValuesOf, Variable, VariableTable } from './variable.ts';

/** Longest excerpt of a wrong value in a message, characters. */
const LONGEST_EXCERPT = 60;

/** Reads variables, and collects what is wrong instead of stopping at the first mistake. */
export class Environment {
  readonly mistakes: Mistake[] = [];
  readonly warnings: string[] = [];
  readonly #values: ReadonlyMap<string, string>;

  /** @param env the process' environment; an empty value counts as unset, as in ZenML. */
  constructor(env: NodeJS.ProcessEnv) {
    const set = Object.entries(env).flatMap(([name, value]) => (value ? [[name, value] as const] : []));
    this.#values = new Map(set.filter(([name, value]) => !isServiceLink(name, value)));
  }

  /** The names of the variables that are set. */
  get names(): readonly string[] {
    return [...this.#values.keys()];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  mistake(variable: string, message: string): void {
    this.mistakes.push({ variable, message });
  }

  /** Reads a table. A variable with a mistake gets its default, so that the next ones can be looked at. */
  read<Table extends VariableTable>(table: Table): ValuesOf<Table> {
    const entries = Object.entries(table).map(([field, variable]) => [field, this.#readOne(variable)]);
    return Object.fromEntries(entries) as ValuesOf<Table>;
  }

  #readOne(variable: Variable<unknown>): unknown {
    const { name, formerName, format, fallback, secret } = variable;
    const former = formerName !== undefined && this.has(formerName);
    if (former) this.warnings.push(`${formerName} is the former name of ${name}.`);
    const readName = former && !this.has(name) ? formerName : name;
    const value = this.#values.get(readName);
    if (value === undefined) return fallback;
    const result = format.safeParse(value);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    const wanted =
      issue?.code === 'custom' && issue.message !== 'Invalid input' ? issue.message : mustBe(format.description);
    this.mistake(readName, secret ? `${wanted}.` : `${wanted}, not ${excerpt(value)}.`);
    return fallback;
  }
}

function mustBe(description = 'of another form'): string {
  return `must be ${description.replaceAll('`', '')}`;
}

function excerpt(value: string): string {
  return JSON.stringify(value.length > LONGEST_EXCERPT ? `${value.slice(0, LONGEST_EXCERPT)}…` : value);
}

const SERVICE_LINK = /_SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/;

/**
 * Whether Kubernetes set a variable for a Service of the namespace: a Service that is named `zenml-server` brings
 * `ZENML_SERVER_PORT=tcp://…` into every container, which is no setting of anyone's.
 */
function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) || (name.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(value));
}
