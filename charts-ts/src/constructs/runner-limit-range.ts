import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';
import { quantities } from './quantities.ts';

/** What a container of a runner gets that asks for nothing. */
export class RunnerLimitRange extends Construct {
  constructor(scope: Construct, { runners }: Settings) {
    super(scope, 'runner-limit-range');
    const defaults = {
      type: 'Container',
      defaultRequest: quantities(runners.defaultRequest),
      default: quantities(runners.defaultLimit),
    };
    new k8s.KubeLimitRange(this, 'object', {
      metadata: { name: SERVER, namespace: runners.namespace, labels: LABELS },
      spec: { limits: [defaults] },
    });
  }
}
