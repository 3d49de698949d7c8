import { KmsAlias } from '@cdktf/provider-aws/lib/kms-alias/index.js';
import { KmsKey } from '@cdktf/provider-aws/lib/kms-key/index.js';
import { Construct } from 'constructs';
import { instancesOf } from './database-instances.ts';
import { logGroupsOf } from './database-logs.ts';
import { deliversLogs } from './log-delivery.ts';
import { formatPolicy, type Statement } from './policy.ts';
import type { Elsewhere, Surroundings } from './surroundings.ts';

/** The key that all data of a region is encrypted with. It is rotated every year. */
export class EncryptionKey extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: KeyProps) {
    super(scope, id);
    const { surroundings, provider, flowLogs } = props;
    const { config, accountId, partition } = surroundings;
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
        ...(flowLogs ? [encryptFlowLogs(surroundings)] : []),
        ...encryptDatabaseLogs(props),
      ]),
      lifecycle: { preventDestroy: config.protectData },
    });
    new KmsAlias(this, 'alias', { provider, name: `alias/${config.name}`, targetKeyId: key.keyId });
    this.arn = key.arn;
  }
}

/** Where a key is. */
interface KeyProps extends Elsewhere {
  readonly surroundings: Surroundings;
  /** The one whose services may use it. */
  readonly region: string;
  /** Whether records of a network's traffic are encrypted with it. */
  readonly flowLogs: boolean;
}

function encryptFlowLogs(surroundings: Surroundings): Statement {
  return {
    sid: 'FlowLogsOfTheNetwork',
    ...deliversLogs(surroundings),
    actions: ['kms:GenerateDataKey*', 'kms:Decrypt'],
    resources: ['*'],
  };
}

/** @returns nothing where no database of the stack lies in the region */
function encryptDatabaseLogs({ surroundings, region }: KeyProps): Statement[] {
  const { config, accountId, partition } = surroundings;
  const groups = instancesOf(config)
    .filter((instance) => instance.region === region)
    .map(({ identifier }) => `arn:${partition}:logs:${region}:${accountId}:log-group:${logGroupsOf(identifier)}*`);
  if (groups.length === 0) return [];
  return [
    {
      sid: 'LogsOfTheDatabase',
      principal: { Service: `logs.${region}.amazonaws.com` },
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': groups } },
    },
  ];
}
