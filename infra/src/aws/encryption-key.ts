import { KmsAlias } from '@cdktf/provider-aws/lib/kms-alias/index.js';
import { KmsKey } from '@cdktf/provider-aws/lib/kms-key/index.js';
import { Construct } from 'constructs';
import { formatPolicy } from './policy.ts';
import type { Elsewhere, Surroundings } from './surroundings.ts';

/** The key that all data of a region is encrypted with. It is rotated every year. */
export class EncryptionKey extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { surroundings, region, provider }: Elsewhere & KeyProps) {
    super(scope, id);
    const { config, accountId, partition } = surroundings;
    const own = { 'aws:SourceAccount': accountId };
    const key = new KmsKey(this, 'key', {
      provider,
      description: `Data of ${config.name}`,
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      policy: formatPolicy([
        {
          sid: 'AccountDecidesByIam',
          principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
          actions: ['kms:*'],
          resources: ['*'],
        },
        {
          sid: 'FlowLogsOfTheNetwork',
          principal: { Service: 'delivery.logs.amazonaws.com' },
          actions: ['kms:GenerateDataKey*', 'kms:Decrypt'],
          resources: ['*'],
          condition: { StringEquals: own },
        },
        {
          sid: 'LogsOfTheDatabase',
          principal: { Service: `logs.${region}.amazonaws.com` },
          actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
          resources: ['*'],
          condition: {
            ArnLike: {
              'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${accountId}:log-group:/aws/rds/instance/${config.name}*`,
            },
          },
        },
      ]),
      lifecycle: { preventDestroy: config.protectData },
    });
    new KmsAlias(this, 'alias', { provider, name: `alias/${config.name}`, targetKeyId: key.keyId });
    this.arn = key.arn;
  }
}

/** Where a key is. */
interface KeyProps {
  readonly surroundings: Surroundings;
  /** The one whose services may use it. */
  readonly region: string;
}
