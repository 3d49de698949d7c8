import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, PORTS, SELECTOR, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';

/** How the server is reached within the cluster. */
export class Service extends Construct {
  constructor(scope: Construct, { namespace }: Settings) {
    super(scope, 'service');
    new k8s.KubeService(this, 'object', {
      metadata: { name: SERVER, namespace, labels: LABELS },
      spec: {
        selector: SELECTOR,
        ports: [
          { name: 'http', port: SERVICE_PORT, targetPort: k8s.IntOrString.fromString('http') },
          { name: 'metrics', port: PORTS.metrics, targetPort: k8s.IntOrString.fromString('metrics') },
        ],
      },
    });
  }
}

/** Of the API and the dashboard. */
export const SERVICE_PORT = 80;
