import { EcrLifecyclePolicy } from '@cdktf/provider-aws/lib/ecr-lifecycle-policy/index.js';
import { EcrRepository } from '@cdktf/provider-aws/lib/ecr-repository/index.js';
import { Construct } from 'constructs';

/** What a repository is made with. */
export interface RepositoryProps {
  /** With its path: `zenml/zenml-runner`. */
  readonly name: string;
  readonly keyArn: string;
  /** Whether Terraform refuses to remove it; else it is removed with its images. */
  readonly protectData: boolean;
  /** Older ones are removed. */
  readonly imagesToKeep: number;
  /** Tags that are overwritten, with `*`: none where it is left out. */
  readonly mutableTags?: string;
}

/** A repository of images: a tag is never given to another image, and every image is scanned. */
export class Repository extends Construct {
  readonly name: string;
  readonly arn: string;
  readonly url: string;

  constructor(scope: Construct, id: string, props: RepositoryProps) {
    super(scope, id);
    const { mutableTags, imagesToKeep } = props;
    const repository = new EcrRepository(this, 'repository', {
      name: props.name,
      ...(mutableTags === undefined
        ? { imageTagMutability: 'IMMUTABLE' }
        : {
            imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
            imageTagMutabilityExclusionFilter: [{ filter: mutableTags, filterType: 'WILDCARD' }],
          }),
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: [{ encryptionType: 'KMS', kmsKey: props.keyArn }],
      forceDelete: !props.protectData,
      lifecycle: { preventDestroy: props.protectData },
    });
    const expire = { type: 'expire' };
    const days = { countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 };
    new EcrLifecyclePolicy(this, 'lifecycle', {
      repository: repository.name,
      policy: JSON.stringify({
        rules: [
          {
            rulePriority: 1,
            description: 'Images without a tag',
            selection: { tagStatus: 'untagged', ...days },
            action: expire,
          },
          {
            rulePriority: 2,
            description: `All but the last ${imagesToKeep}`,
            selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: imagesToKeep },
            action: expire,
          },
        ],
      }),
    });
    this.name = props.name;
    this.arn = repository.arn;
    this.url = repository.repositoryUrl;
  }
}
