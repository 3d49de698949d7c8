import type { TerraformProvider } from 'cdktf';
import type { AwsConfig } from '../config/aws-config.ts';

/** The account that a stack lies in; the texts are references that Terraform fills in. */
export interface Surroundings {
  readonly config: AwsConfig;
  readonly accountId: string;
  readonly partition: string;
  /** What the addresses of AWS' services end with: `amazonaws.com`, but for some partitions. */
  readonly dnsSuffix: string;
}

/** Resources of another region than the stack's have a provider of their own. */
export interface Elsewhere {
  readonly provider?: TerraformProvider;
}
