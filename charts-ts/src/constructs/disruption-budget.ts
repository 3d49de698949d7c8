import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, SELECTOR, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';

/** Nodes that are drained take one replica at a time. */
export class DisruptionBudget extends Construct {
  constructor(scope: Construct, { namespace }: Settings) {
    super(scope, 'disruption-budget');
    new k8s.KubePodDisruptionBudget(this, 'object', {
      metadata: { name: SERVER, namespace, labels: LABELS },
      spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: { matchLabels: SELECTOR } },
    });
  }
}
