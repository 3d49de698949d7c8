import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, PORTS, SELECTOR, SERVER } from './names.ts';
import type { Settings } from './settings.ts';

/** How clients reach the server: Service, and where they are named Ingress and Gateway route, both with TLS. */
export class Exposure extends Construct {
  constructor(scope: Construct, { namespace, ingress, gateway }: Settings) {
    super(scope, 'exposure');
    const metadata = { name: SERVER, namespace, labels: LABELS };
    new k8s.KubeService(this, 'service', {
      metadata,
      spec: {
        selector: SELECTOR,
        ports: [
          { name: 'http', port: 80, targetPort: k8s.IntOrString.fromString('http') },
          { name: 'metrics', port: PORTS.metrics, targetPort: k8s.IntOrString.fromString('metrics') },
        ],
      },
    });
    if (ingress !== undefined) {
      const backend = { service: { name: SERVER, port: { name: 'http' } } };
      new k8s.KubeIngress(this, 'ingress', {
        metadata: { ...metadata, annotations: ingress.annotations },
        spec: {
          ingressClassName: ingress.className,
          tls: [{ hosts: [ingress.host], secretName: ingress.tlsSecret }],
          rules: [{ host: ingress.host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
        },
      });
    }
    if (gateway === undefined) return;
    const { gatewayName: name, gatewayNamespace, sectionName } = gateway;
    new ApiObject(this, 'route', {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { ...metadata, annotations: gateway.annotations },
      spec: {
        parentRefs: [{ name, namespace: gatewayNamespace, sectionName }],
        hostnames: [gateway.host],
        rules: [{ backendRefs: [{ name: SERVER, port: 80 }] }],
      },
    });
  }
}
