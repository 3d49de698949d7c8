import { DataGoogleProject } from '@cdktf/provider-google/lib/data-google-project/index.js';
import { ProjectIamCustomRole } from '@cdktf/provider-google/lib/project-iam-custom-role/index.js';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js';
import { Construct } from 'constructs';

/** Who keeps secrets, and where. */
export interface KeptSecretsProps {
  /** Of the stack. */
  readonly name: string;
  readonly project: string;
  /** The server, as policies name it. */
  readonly member: string;
}

/** What the names of the server's secrets begin with (server/src/secrets/gcp-secrets-store.ts). */
const PREFIX = 'zenml-';

/**
 * Lets the server keep values of secrets in Secret Manager: the calls of its store, on secrets that are named as these. Which
 * name a new one gets no condition sees, because it is the project that is asked: so creating is a role of its own.
 */
export class KeptSecrets extends Construct {
  constructor(scope: Construct, id: string, { name, project, member }: KeptSecretsProps) {
    super(scope, id);
    const role = (part: string, title: string, permissions: readonly string[]) =>
      new ProjectIamCustomRole(this, part, {
        roleId: `${name.replaceAll('-', '_')}_secret_${part}`,
        title: `${title} of ${name}`,
        permissions: permissions.map((permission) => `secretmanager.${permission}`),
      }).name;
    const keeper = ['secrets.get', 'secrets.delete', 'versions.add', 'versions.access'];
    // Names of resources hold the project's number, not its id.
    const { number } = new DataGoogleProject(this, 'project', { projectId: project });
    new ProjectIamMember(this, 'may-create', {
      project,
      member,
      role: role('creator', 'Create secrets', ['secrets.create']),
    });
    new ProjectIamMember(this, 'may-keep', {
      project,
      member,
      role: role('keeper', 'Read, change and remove secrets', keeper),
      condition: {
        title: 'Secrets of the workspace server',
        expression: `resource.name.startsWith("projects/${number}/secrets/${PREFIX}")`,
      },
    });
  }
}
