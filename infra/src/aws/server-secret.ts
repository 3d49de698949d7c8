import { SecretsmanagerSecret } from '@cdktf/provider-aws/lib/secretsmanager-secret/index.js';
import { Construct } from 'constructs';

/** What the place is made with. */
export interface ServerSecretProps {
  /** Of the stack. */
  readonly name: string;
  readonly keyArn: string;
  /** Whether Terraform refuses to remove it, and AWS can give it back for 30 days. */
  readonly protectData: boolean;
}

/** Place of the server's secrets. What is in it is written by people (docs/infra.md): Terraform never sees it. */
export class ServerSecret extends Construct {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, { name, keyArn, protectData }: ServerSecretProps) {
    super(scope, id);
    this.name = `${name}/server`;
    this.arn = new SecretsmanagerSecret(this, 'secret', {
      name: this.name,
      description: 'Variables of the workspace server that are secret',
      kmsKeyId: keyArn,
      recoveryWindowInDays: protectData ? 30 : 0,
      lifecycle: { preventDestroy: protectData },
    }).arn;
  }
}
