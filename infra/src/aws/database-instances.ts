import type { AwsConfig } from '../config/aws-config.ts';

/** An instance of RDS, under the name that it gets. */
export interface NamedInstance {
  readonly identifier: string;
  readonly region: string;
}

/** The database and its replicas, in the order of the configuration: none where the database is there already. */
export function instancesOf({ name, region, database }: AwsConfig): NamedInstance[] {
  if (database.existing) return [];
  const replicas = database.replicas.map((replica, index) => ({
    identifier: `${name}-replica-${index + 1}`,
    region: replica.region ?? region,
  }));
  return [{ identifier: name, region }, ...replicas];
}
