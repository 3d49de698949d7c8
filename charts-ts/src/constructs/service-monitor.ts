import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { LABELS, SELECTOR, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';

/** Has the Prometheus Operator read the server's metrics. */
export class ServiceMonitor extends Construct {
  constructor(scope: Construct, { namespace, monitoring }: Settings) {
    super(scope, 'service-monitor');
    new ApiObject(this, 'object', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: { name: SERVER, namespace, labels: { ...LABELS, ...monitoring.labels } },
      spec: {
        selector: { matchLabels: SELECTOR },
        endpoints: [{ port: 'metrics', path: '/metrics', interval: '30s' }],
      },
    });
  }
}
