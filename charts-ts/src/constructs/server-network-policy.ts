import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, PORTS, SELECTOR, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';
import { blocks, inNamespace, tcp, toDatabase, toDns } from './connections.ts';

/** The documented connections of the server, in and out, and no others. */
export class ServerNetworkPolicy extends Construct {
  constructor(scope: Construct, { namespace, runners, networkPolicy, securePorts }: Settings) {
    super(scope, 'server-network-policy');
    const { clients, monitoringNamespace } = networkPolicy;
    const fromRunners = { namespaceSelector: inNamespace(runners.namespace) };
    new k8s.KubeNetworkPolicy(this, 'object', {
      metadata: { name: SERVER, namespace, labels: LABELS },
      spec: {
        podSelector: { matchLabels: SELECTOR },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [
          { ports: tcp(PORTS.http), ...(clients.length > 0 && { from: [...blocks(clients), fromRunners] }) },
          { ports: tcp(PORTS.metrics), from: [{ namespaceSelector: inNamespace(monitoringNamespace) }] },
        ],
        egress: [
          toDns(),
          toDatabase(networkPolicy),
          // Control plane, secrets backend and artifact store have no fixed addresses, and the Kubernetes API may have none.
          { ports: tcp(...securePorts) },
        ],
      },
    });
  }
}
