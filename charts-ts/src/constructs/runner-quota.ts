import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';
import { quantities } from './quantities.ts';

/** How much the runners may take together. */
export class RunnerQuota extends Construct {
  constructor(scope: Construct, { runners }: Settings) {
    super(scope, 'runner-quota');
    new k8s.KubeResourceQuota(this, 'object', {
      metadata: { name: SERVER, namespace: runners.namespace, labels: LABELS },
      spec: { hard: quantities(runners.quota) },
    });
  }
}
