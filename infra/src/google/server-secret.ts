import { SecretManagerSecret } from '@cdktf/provider-google/lib/secret-manager-secret/index.js';
import { SecretManagerSecretIamMember } from '@cdktf/provider-google/lib/secret-manager-secret-iam-member/index.js';
import { Construct } from 'constructs';

/** What the place is made with. */
export interface ServerSecretProps {
  /** Of the stack. */
  readonly name: string;
  /** The only one that it is kept in. */
  readonly region: string;
  readonly encryptionKey?: string;
  readonly protectData: boolean;
}

/** Place of the server's secrets. What is in it is written by people (docs/infra.md): Terraform never sees it. */
export class ServerSecret extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: ServerSecretProps) {
    super(scope, id);
    const { region: location, encryptionKey, protectData } = props;
    const encryption = encryptionKey === undefined ? {} : { customerManagedEncryption: { kmsKeyName: encryptionKey } };
    this.name = new SecretManagerSecret(this, 'secret', {
      // Not `zenml-…`, as the secrets are called that the server keeps itself: it is not to read this one.
      secretId: `workspace-server-${props.name}`,
      replication: { userManaged: { replicas: [{ location, ...encryption }] } },
      deletionProtection: protectData,
      lifecycle: { preventDestroy: protectData },
    }).secretId;
  }

  /** Lets a service account read this secret alone. */
  grantReading(id: string, member: string): void {
    new SecretManagerSecretIamMember(this, id, {
      secretId: this.name,
      role: 'roles/secretmanager.secretAccessor',
      member,
    });
  }
}
