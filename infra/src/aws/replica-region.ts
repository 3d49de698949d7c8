import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { EncryptionKey } from './encryption-key.ts';
import type { Surroundings } from './surroundings.ts';

/** A region beside the stack's own. */
export interface ReplicaRegionProps {
  readonly surroundings: Surroundings;
  readonly region: string;
  /** Of everything in the region. */
  readonly tags: Record<string, string>;
}

/** What all replicas of another region have in common: keys do not reach over. */
export class ReplicaRegion extends Construct {
  readonly provider: TerraformProvider;
  readonly keyArn: string;

  constructor(scope: Construct, { surroundings, region, tags }: ReplicaRegionProps) {
    super(scope, region);
    this.provider = new AwsProvider(this, 'aws', { region, alias: region, defaultTags: [{ tags }] });
    this.keyArn = new EncryptionKey(this, 'key', {
      surroundings,
      region,
      provider: this.provider,
      flowLogs: false,
    }).arn;
  }
}
