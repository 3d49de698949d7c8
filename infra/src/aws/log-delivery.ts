import type { Statement } from './policy.ts';
import type { Surroundings } from './surroundings.ts';

/** Who records a network's traffic: the service of AWS, for this account and region alone, so that nobody else can make use of it. */
export function deliversLogs({ config, accountId, partition }: Surroundings) {
  return {
    principal: { Service: 'delivery.logs.amazonaws.com' },
    condition: {
      StringEquals: { 'aws:SourceAccount': accountId },
      ArnLike: { 'aws:SourceArn': `arn:${partition}:logs:${config.region}:${accountId}:*` },
    },
  } as const;
}

/** What it may do in the bucket of logs. */
export function deliverLogsTo(bucketArn: string, surroundings: Surroundings): Statement[] {
  const { principal, condition } = deliversLogs(surroundings);
  const asOwner = { ...condition.StringEquals, 's3:x-amz-acl': 'bucket-owner-full-control' };
  return [
    {
      sid: 'AWSLogDeliveryWrite',
      principal,
      actions: ['s3:PutObject'],
      resources: [`${bucketArn}/AWSLogs/${surroundings.accountId}/*`],
      condition: { ...condition, StringEquals: asOwner },
    },
    {
      sid: 'AWSLogDeliveryAclCheck',
      principal,
      actions: ['s3:GetBucketAcl', 's3:ListBucket'],
      resources: [bucketArn],
      condition,
    },
  ];
}
