import { ArtifactRegistryRepository } from '@cdktf/provider-google/lib/artifact-registry-repository/index.js';
import { ArtifactRegistryRepositoryIamMember } from '@cdktf/provider-google/lib/artifact-registry-repository-iam-member/index.js';
import { Construct } from 'constructs';

/** What a repository is made with. */
export interface RepositoryProps {
  readonly name: string;
  readonly description: string;
  readonly project: string;
  readonly location: string;
  readonly encryptionKey?: string;
  readonly protectData: boolean;
  readonly imagesToKeep: number;
  /** Whether a tag may never be given to another image. Builders overwrite those of the layers that they keep. */
  readonly immutableTags: boolean;
}

/** A repository of images in Artifact Registry. */
export class Repository extends Construct {
  /** What images' names begin with. */
  readonly path: string;

  readonly #repository: ArtifactRegistryRepository;

  constructor(scope: Construct, id: string, props: RepositoryProps) {
    super(scope, id);
    const { name, project, location, imagesToKeep } = props;
    this.#repository = new ArtifactRegistryRepository(this, 'repository', {
      repositoryId: name,
      description: props.description,
      location,
      format: 'DOCKER',
      kmsKeyName: props.encryptionKey,
      dockerConfig: { immutableTags: props.immutableTags },
      vulnerabilityScanningConfig: { enablementConfig: 'INHERITED' },
      cleanupPolicies: [
        { id: 'keep-the-last', action: 'KEEP', mostRecentVersions: { keepCount: imagesToKeep } },
        {
          id: 'remove-without-tag',
          action: 'DELETE',
          condition: { tagState: 'UNTAGGED', olderThan: `${14 * 24 * 60 * 60}s` },
        },
      ],
      lifecycle: { preventDestroy: props.protectData },
    });
    this.path = `${location}-docker.pkg.dev/${project}/${name}`;
  }

  /** Lets a service account do what a role allows, in this repository alone. */
  grant(id: string, role: string, member: string): void {
    const { name: repository, location } = this.#repository;
    new ArtifactRegistryRepositoryIamMember(this, id, { repository, location, role, member });
  }
}
