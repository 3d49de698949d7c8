import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, PORTS, SELECTOR, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';
import { inNamespace, tcp, toDns, toIdentities } from './connections.ts';

/** Runners reach the server and what speaks TLS; nobody reaches them, and they reach no database. */
export class RunnerNetworkPolicy extends Construct {
  constructor(scope: Construct, { namespace, runners, openPorts, identities }: Settings) {
    super(scope, 'runner-network-policy');
    new k8s.KubeNetworkPolicy(this, 'object', {
      metadata: { name: SERVER, namespace: runners.namespace, labels: LABELS },
      spec: {
        podSelector: {},
        policyTypes: ['Ingress', 'Egress'],
        egress: [
          toDns(),
          {
            ports: tcp(PORTS.http),
            to: [{ namespaceSelector: inNamespace(namespace), podSelector: { matchLabels: SELECTOR } }],
          },
          // Orchestrators in the cluster start pods through its API.
          { ports: tcp(...openPorts) },
          ...toIdentities(identities),
        ],
      },
    });
  }
}
