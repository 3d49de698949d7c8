import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { quantities } from './deployment.ts';
import { LABELS, SERVER } from './names.ts';
import type { Settings } from './settings.ts';

/** How much the runners may take together, and what a container gets that asks for nothing. */
export class RunnerLimits extends Construct {
  constructor(scope: Construct, { runners }: Settings) {
    super(scope, 'runner-limits');
    const metadata = { name: SERVER, namespace: runners.namespace, labels: LABELS };
    new k8s.KubeResourceQuota(this, 'quota', { metadata, spec: { hard: quantities(runners.quota) } });
    new k8s.KubeLimitRange(this, 'defaults', {
      metadata,
      spec: {
        limits: [
          {
            type: 'Container',
            defaultRequest: quantities(runners.defaultRequest),
            default: quantities(runners.defaultLimit),
          },
        ],
      },
    });
  }
}
