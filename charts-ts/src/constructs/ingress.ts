import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';

/** What an Ingress is made with: `ingress` of the values. */
export type IngressProps = NonNullable<Settings['ingress']>;

/** How clients outside reach the server; it ends TLS. */
export class Ingress extends Construct {
  constructor(scope: Construct, { namespace }: Settings, props: IngressProps) {
    super(scope, 'ingress');
    const { host, tlsSecret, className, annotations } = props;
    const backend = { service: { name: SERVER, port: { name: 'http' } } };
    new k8s.KubeIngress(this, 'object', {
      metadata: { name: SERVER, namespace, labels: LABELS, annotations },
      spec: {
        ingressClassName: className,
        // A cloud's load balancer has the certificate that annotations name.
        ...(tlsSecret !== undefined && { tls: [{ hosts: [host], secretName: tlsSecret }] }),
        rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
      },
    });
  }
}
