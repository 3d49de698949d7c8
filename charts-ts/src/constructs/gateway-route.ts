import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { LABELS, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';
import { SERVICE_PORT } from './service.ts';

/** What a route is made with: `gateway` of the values. */
export type GatewayRouteProps = NonNullable<Settings['gateway']>;

/** How clients outside reach the server through a Gateway, whose listener ends TLS. */
export class GatewayRoute extends Construct {
  constructor(scope: Construct, { namespace }: Settings, props: GatewayRouteProps) {
    super(scope, 'gateway-route');
    const { host, gatewayName: name, gatewayNamespace, sectionName, annotations } = props;
    new ApiObject(this, 'object', {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: SERVER, namespace, labels: LABELS, annotations },
      spec: {
        parentRefs: [{ name, namespace: gatewayNamespace, sectionName }],
        hostnames: [host],
        rules: [{ backendRefs: [{ name: SERVER, port: SERVICE_PORT }] }],
      },
    });
  }
}
