import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

const LEVEL = 'pod-security.kubernetes.io/enforce';

/** The namespaces of server and runners, under the Pod Security Standards. */
export class Namespaces extends Construct {
  constructor(scope: Construct, { namespace, runners, makes }: Settings) {
    super(scope, 'namespaces');
    const make = (id: string, name: string, level: string) =>
      new k8s.KubeNamespace(this, id, { metadata: { name, labels: { [LEVEL]: level } } });
    if (makes.serverNamespace) make('server', namespace, 'restricted');
    if (makes.runnersNamespace) make('runners', runners.namespace, runners.podSecurity);
  }
}
