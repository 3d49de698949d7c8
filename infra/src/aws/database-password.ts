import { SecretsmanagerSecret } from '@cdktf/provider-aws/lib/secretsmanager-secret/index.js';
import { SecretsmanagerSecretVersion } from '@cdktf/provider-aws/lib/secretsmanager-secret-version/index.js';
import { TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import type { Surroundings } from './surroundings.ts';

const RANDOM = 'aws_secretsmanager_random_password';
const READ = 'aws_secretsmanager_secret_version';

/** Whose password, and what it is encrypted with. */
interface PasswordProps {
  readonly surroundings: Surroundings;
  readonly keyArn: string;
}

/**
 * The master's password where there are read replicas: RDS for MySQL refuses replicas of a database whose password it
 * manages itself. It is made and handed on as an ephemeral value, so that neither plan nor state holds it.
 */
export class DatabasePassword extends Construct {
  /** A reference for write-only arguments. */
  readonly ephemeralValue: string;
  /** Another version makes Terraform write the password again. */
  readonly version = 1;
  readonly secretArn: string;

  constructor(scope: Construct, id: string, { surroundings, keyArn }: PasswordProps) {
    super(scope, id);
    const { name, protectData } = surroundings.config;
    const secret = new SecretsmanagerSecret(this, 'secret', {
      name: `${name}/database-master`,
      description: `Password of the master of the database of ${name}`,
      kmsKeyId: keyArn,
      recoveryWindowInDays: protectData ? 30 : 0,
      lifecycle: { preventDestroy: protectData },
    });
    const stored = new SecretsmanagerSecretVersion(this, 'stored', {
      secretId: secret.id,
      secretStringWo: `\${ephemeral.${RANDOM}.database_master.random_password}`,
      secretStringWoVersion: this.version,
    });
    // cdktf has no constructs for ephemeral resources.
    const stack = TerraformStack.of(this);
    stack.addOverride(`ephemeral.${RANDOM}.database_master`, { password_length: 40, exclude_punctuation: true });
    // Read back, so that the database gets what was stored even if an apply stops in between.
    stack.addOverride(`ephemeral.${READ}.database_master`, { secret_id: stored.secretId });
    stack.addOverride('terraform.required_version', '>= 1.11');
    this.ephemeralValue = `\${ephemeral.${READ}.database_master.secret_string}`;
    this.secretArn = secret.arn;
  }
}
