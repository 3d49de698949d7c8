import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';

/** The server's variables that are no secrets. */
export class Environment extends Construct {
  constructor(scope: Construct, { namespace, variables: data }: Settings) {
    super(scope, 'environment');
    new k8s.KubeConfigMap(this, 'object', { metadata: { name: SERVER, namespace, labels: LABELS }, data });
  }
}
