import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, priorityClassOf } from '../names.ts';
import type { Settings } from '../settings.ts';

/** Above the default of pods, which is 0, and far below the cluster's own. */
const PRIORITY = 100_000;

/** Has the server's pods go before those of pipelines where a cluster is full. */
export class PriorityClass extends Construct {
  constructor(scope: Construct, { namespace }: Settings) {
    super(scope, 'priority-class');
    new k8s.KubePriorityClass(this, 'object', {
      metadata: { name: priorityClassOf(namespace), labels: LABELS },
      value: PRIORITY,
      globalDefault: false,
      description: 'The workspace server goes before the pipelines that it starts.',
    });
  }
}
