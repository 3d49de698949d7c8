import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, PORTS, SELECTOR, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';
import { blocks, inNamespace, tcp, toDatabase, toDns, toIdentities } from './connections.ts';

/** The documented connections of the server, in and out, and no others. */
export class ServerNetworkPolicy extends Construct {
  constructor(scope: Construct, settings: Settings) {
    super(scope, 'server-network-policy');
    const { namespace, runners, networkPolicy, openPorts, identities } = settings;
    const { clients, clientNamespaces, monitoringNamespace } = networkPolicy;
    const pods = [...clientNamespaces, runners.namespace].map((name) => ({ namespaceSelector: inNamespace(name) }));
    new k8s.KubeNetworkPolicy(this, 'object', {
      metadata: { name: SERVER, namespace, labels: LABELS },
      spec: {
        podSelector: { matchLabels: SELECTOR },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [
          { ports: tcp(PORTS.http), ...(settings.limitsClients && { from: [...blocks(clients), ...pods] }) },
          { ports: tcp(PORTS.metrics), from: [{ namespaceSelector: inNamespace(monitoringNamespace) }] },
        ],
        egress: [
          toDns(),
          toDatabase(networkPolicy),
          // Control plane, secrets backend and artifact store have no fixed addresses, and the Kubernetes API may have none.
          { ports: tcp(...openPorts) },
          ...toIdentities(identities),
        ],
      },
    });
  }
}
