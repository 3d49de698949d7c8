import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js';
import type { Construct } from 'constructs';
import type { Surroundings } from './surroundings.ts';

/** Logs that a database hands to CloudWatch. */
export const DATABASE_LOGS = ['error', 'slowquery'];

/** Places of the database's logs. They are made here, because those that RDS makes are kept for ever and without our key. */
export function makeDatabaseLogs(scope: Construct, { config }: Surroundings, keyArn: string): CloudwatchLogGroup[] {
  const { name, logDays } = config;
  return DATABASE_LOGS.map(
    (log) =>
      new CloudwatchLogGroup(scope, `log-${log}`, {
        name: `/aws/rds/instance/${name}/${log}`,
        retentionInDays: roundUpRetention(logDays),
        kmsKeyId: keyArn,
      }),
  );
}

/** CloudWatch keeps logs for certain numbers of days only. */
export function roundUpRetention(days: number): number {
  const offered = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
  ];
  return offered.find((number) => number >= days) ?? 3653;
}
