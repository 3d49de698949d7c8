import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { DatabaseAccess } from './database-access.ts';
import { EncryptionKey } from './encryption-key.ts';
import type { Surroundings } from './surroundings.ts';

/** A region, and who may reach the replica there. */
export interface ReplicaRegionProps {
  readonly surroundings: Surroundings;
  readonly region: string;
  /** Of everything in the region. */
  readonly tags: Record<string, string>;
  readonly vpcId: string;
  /** Address ranges. */
  readonly clients: readonly string[];
}

/** What a replica needs in another region than its database: keys and security groups do not reach over. */
export class ReplicaRegion extends Construct {
  readonly placement: { readonly provider: TerraformProvider; readonly keyArn: string; readonly groupId: string };

  constructor(scope: Construct, id: string, props: ReplicaRegionProps) {
    super(scope, id);
    const { surroundings, region, tags, vpcId } = props;
    const { name } = surroundings.config;
    const provider = new AwsProvider(this, 'aws', { region, alias: id, defaultTags: [{ tags }] });
    const key = new EncryptionKey(this, 'key', { surroundings, region, provider, flowLogs: false });
    const access = new DatabaseAccess(this, 'access', { name, vpcId, cidrs: props.clients, provider });
    this.placement = { provider, keyArn: key.arn, groupId: access.groupId };
  }
}
