import { DbParameterGroup } from '@cdktf/provider-aws/lib/db-parameter-group/index.js';
import type { Construct } from 'constructs';
import type { Elsewhere } from './surroundings.ts';

/** Which settings, and of what. */
interface ParametersProps extends Elsewhere {
  /** What the group's name begins with. */
  readonly name: string;
  /** `8.0` or `8.4`. */
  readonly version: string;
}

/** Settings of MySQL: no connection without TLS, and a log of slow statements. */
export function makeDatabaseParameters(scope: Construct, id: string, props: ParametersProps): DbParameterGroup {
  const { name, version, provider } = props;
  const settings = {
    require_secure_transport: '1',
    local_infile: '0',
    slow_query_log: '1',
    long_query_time: '2',
    log_output: 'FILE',
  };
  return new DbParameterGroup(scope, id, {
    provider,
    namePrefix: `${name}-`,
    family: `mysql${version}`,
    description: `Settings of the database of ${name}`,
    parameter: Object.entries(settings).map(([key, value]) => ({ name: key, value, applyMethod: 'immediate' })),
    lifecycle: { createBeforeDestroy: true },
  });
}
