import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js';
import type { Construct } from 'constructs';
import type { Elsewhere } from './surroundings.ts';

/** Logs that a database hands to CloudWatch. */
export const DATABASE_LOGS = ['error', 'slowquery'];

/** Whose logs, and how they are kept. */
interface LogsProps extends Elsewhere {
  /** The instance's name. */
  readonly identifier: string;
  readonly logDays: number;
  /** A key of the instance's region. */
  readonly keyArn: string;
}

/** Places of an instance's logs. They are made here, because those that RDS makes are kept for ever and without our key. */
export function makeDatabaseLogs(scope: Construct, id: string, props: LogsProps): CloudwatchLogGroup[] {
  const { identifier, logDays, keyArn, provider } = props;
  return DATABASE_LOGS.map(
    (log) =>
      new CloudwatchLogGroup(scope, `${id}-${log}`, {
        provider,
        name: `${logGroupsOf(identifier)}${log}`,
        retentionInDays: roundUpRetention(logDays),
        kmsKeyId: keyArn,
      }),
  );
}

/** What the names of an instance's groups of logs begin with. */
export function logGroupsOf(identifier: string): string {
  return `/aws/rds/instance/${identifier}/`;
}

/** CloudWatch keeps logs for certain numbers of days only. */
function roundUpRetention(days: number): number {
  const offered = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
  ];
  return offered.find((number) => number >= days) ?? 3653;
}
