import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket/index.js';
import {
  S3BucketLifecycleConfiguration,
  type S3BucketLifecycleConfigurationRule,
} from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js';
import { S3BucketOwnershipControls } from '@cdktf/provider-aws/lib/s3-bucket-ownership-controls/index.js';
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy/index.js';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js';
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js';
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning/index.js';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { formatPolicy, type Statement } from './policy.ts';

/** What a bucket is made with. */
export interface BucketProps {
  /** One of all accounts of AWS: it begins with the stack's name and has the account in it. */
  readonly name: string;
  /** The key that objects are encrypted with where a write names none. */
  readonly keyArn: string;
  /** Whether Terraform refuses to remove it; else it is removed with what is in it. */
  readonly protectData: boolean;
  /** After how many days objects are removed. Without it they stay. */
  readonly expireAfterDays?: number;
  /** How long what was overwritten or deleted can be got back. */
  readonly restorableDays: number;
  /** What others than identities of the account may do: services of AWS. */
  readonly statements?: (bucketArn: string) => readonly Statement[];
}

/** A bucket that is not public, encrypted, versioned and reached over TLS alone. */
export class Bucket extends Construct {
  readonly name: string;
  readonly arn: string;
  /** For what needs it before: a service of AWS that writes into the bucket. */
  readonly policy: ITerraformDependable;

  constructor(scope: Construct, id: string, props: BucketProps) {
    super(scope, id);
    const { protectData } = props;
    const made = new S3Bucket(this, 'bucket', {
      bucket: props.name,
      forceDestroy: !protectData,
      lifecycle: { preventDestroy: protectData },
    });
    const bucket = made.id;
    this.name = bucket;
    this.arn = made.arn;
    const closed = new S3BucketPublicAccessBlock(this, 'public-access', {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketOwnershipControls(this, 'ownership', { bucket, rule: { objectOwnership: 'BucketOwnerEnforced' } });
    const versioning = new S3BucketVersioningA(this, 'versioning', {
      bucket,
      versioningConfiguration: { status: 'Enabled' },
    });
    new S3BucketServerSideEncryptionConfigurationA(this, 'encryption', {
      bucket,
      rule: [
        {
          applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: props.keyArn },
          bucketKeyEnabled: true,
        },
      ],
    });
    new S3BucketLifecycleConfiguration(this, 'lifecycle', { bucket, rule: rules(props), dependsOn: [versioning] });
    this.policy = new S3BucketPolicy(this, 'policy', {
      bucket,
      policy: formatPolicy([...tlsOnly(made.arn), ...(props.statements?.(made.arn) ?? [])]),
      dependsOn: [closed],
    });
  }
}

function rules({ expireAfterDays, restorableDays }: BucketProps): S3BucketLifecycleConfigurationRule[] {
  const everything = { status: 'Enabled', filter: [{ prefix: '' }] };
  return [
    {
      id: 'remove-old-versions-and-broken-uploads',
      ...everything,
      noncurrentVersionExpiration: [{ noncurrentDays: restorableDays }],
      abortIncompleteMultipartUpload: [{ daysAfterInitiation: 7 }],
    },
    ...(expireAfterDays === undefined
      ? []
      : [{ id: 'expire', ...everything, expiration: [{ days: expireAfterDays }] }]),
  ];
}

function tlsOnly(arn: string): Statement[] {
  const everybody = { effect: 'Deny', principal: '*', actions: ['s3:*'], resources: [arn, `${arn}/*`] } as const;
  return [
    { sid: 'OnlyWithTls', ...everybody, condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    { sid: 'OnlyWithTls12', ...everybody, condition: { NumericLessThan: { 's3:TlsVersion': '1.2' } } },
  ];
}
