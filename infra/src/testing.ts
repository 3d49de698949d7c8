import { Testing } from 'cdktf';
import { toConfig } from './config/read-config.ts';
import { makeStack } from './make-stack.ts';

/** The arguments of a resource. */
export type Block = Readonly<Record<string, unknown>>;

/** A stack as Terraform reads it. */
export interface Synthesized {
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** The resources of a type. */
  all(type: string): Block[];
  /** The only resource of a type, or the one whose name contains `part`. */
  one(type: string, part?: string): Block;
  /** The values of the charts, with a text or an address range wherever Terraform is to put one. */
  chartValues(): unknown;
  /** The statements of a policy of AWS, of the resource whose name contains `part`. */
  statements(type: string, part: string, argument?: string): PolicyStatement[];
}

/** A statement of a policy as AWS reads it. */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Principal?: unknown;
  readonly Action: string[];
  readonly Resource?: string[];
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/** Synthesizes the stack that a configuration describes, in this process. */
export function synthesize(configuration: unknown): Synthesized {
  const app = Testing.stubVersion(Testing.app());
  const text = Testing.synth(makeStack(app, toConfig(configuration)));
  const json = JSON.parse(text);
  const resources: Record<string, Record<string, Block>> = json.resource;
  const all = (type: string) => Object.values(resources[type] ?? {});
  const one = (type: string, part = ''): Block => {
    const found = Object.entries(resources[type] ?? {}).filter(([name]) => name.includes(part));
    const [first] = found;
    if (first === undefined || found.length > 1)
      throw new Error(`${found.length} resources of ${type} match "${part}"`);
    return first[1];
  };
  const statements = (type: string, part: string, argument = 'policy') =>
    JSON.parse(String(one(type, part)[argument])).Statement;
  const chartValues = () => {
    const ranges = /\$\{[^}]+\.cidr_block\}|\$\{[^}]+\.address\}\/\d+/g;
    return JSON.parse(text.replace(ranges, '10.9.0.0/16').replace(/\$\{[^}]+\}/g, 'known-later')).output.chart_values
      .value;
  };
  return { text, json, all, one, chartValues, statements };
}
