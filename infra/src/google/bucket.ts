import { StorageBucket, type StorageBucketLifecycleRule } from '@cdktf/provider-google/lib/storage-bucket/index.js';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js';
import { Construct } from 'constructs';

/** What a bucket is made with. */
export interface BucketProps {
  /** One of all of Google Cloud: it begins with the project. */
  readonly name: string;
  readonly location: string;
  /** Of Cloud KMS. Without it Google's own. */
  readonly encryptionKey?: string;
  /** Whether Terraform refuses to remove it; else it is removed with what is in it. */
  readonly protectData: boolean;
  /** After how many days objects are removed. Without it they stay. */
  readonly expireAfterDays?: number;
  /** How long what was overwritten or deleted can be got back. */
  readonly restorableDays: number;
}

/** A bucket that is not public, versioned, and whose objects have no rights of their own. */
export class Bucket extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: BucketProps) {
    super(scope, id);
    const { protectData, encryptionKey } = props;
    this.name = new StorageBucket(this, 'bucket', {
      name: props.name,
      location: props.location,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: 'enforced',
      versioning: { enabled: true },
      softDeletePolicy: { retentionDurationSeconds: 7 * 24 * 60 * 60 },
      lifecycleRule: rules(props),
      ...(encryptionKey !== undefined && { encryption: { defaultKmsKeyName: encryptionKey } }),
      forceDestroy: !protectData,
      lifecycle: { preventDestroy: protectData },
    }).name;
  }

  /** Lets a service account do what a role allows, in this bucket alone. */
  grant(id: string, role: string, member: string): void {
    new StorageBucketIamMember(this, id, { bucket: this.name, role, member });
  }
}

function rules({ expireAfterDays, restorableDays }: BucketProps): StorageBucketLifecycleRule[] {
  const remove = { action: { type: 'Delete' } };
  return [
    { ...remove, condition: { daysSinceNoncurrentTime: restorableDays, withState: 'ARCHIVED' } },
    { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 7 } },
    ...(expireAfterDays === undefined ? [] : [{ ...remove, condition: { age: expireAfterDays, withState: 'LIVE' } }]),
  ];
}
