import { ProjectService } from '@cdktf/provider-google/lib/project-service/index.js';
import { Aspects, dependable, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import type { GoogleConfig } from '../config/google-config.ts';

/** What every stack calls, what scans its images, and what the cluster takes that comes after it. */
const ALWAYS = [
  'artifactregistry',
  'compute',
  'container',
  'containerscanning',
  'iam',
  'iamcredentials',
  'secretmanager',
  'storage',
];
const OF_A_DATABASE = ['servicenetworking', 'sqladmin'];

/** APIs of the project; a new one has few. They stay when the stack is taken down: others may call them. */
export class EnabledApis extends Construct {
  constructor(scope: Construct, id: string, { database }: GoogleConfig) {
    super(scope, id);
    const names = database.existing ? ALWAYS : [...ALWAYS, ...OF_A_DATABASE];
    const apis = names.map(
      (name) => new ProjectService(this, name, { service: `${name}.googleapis.com`, disableOnDestroy: false }),
    );
    const before = apis.map((api) => dependable(api));
    // Everything waits for them, so that no resource can be forgotten.
    Aspects.of(scope).add({
      visit(node) {
        if (!TerraformResource.isTerraformResource(node) || node instanceof ProjectService) return;
        node.dependsOn = [...(node.dependsOn ?? []), ...before];
      },
    });
  }
}
