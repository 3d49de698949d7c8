import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, MIGRATION, MIGRATION_LABELS, PORTS, SELECTOR, SERVER } from './names.ts';
import type { Settings } from './settings.ts';

/** The connections that are documented, in and out, and no others. */
export class NetworkPolicies extends Construct {
  constructor(scope: Construct, { namespace, runners, networkPolicy, migration, securePorts }: Settings) {
    super(scope, 'network-policies');
    const { clients, database, databasePort, monitoringNamespace } = networkPolicy;
    const toDatabase = { ports: tcp(databasePort), ...(database.length > 0 && { to: blocks(database) }) };
    const fromRunners = { namespaceSelector: inNamespace(runners.namespace) };
    new k8s.KubeNetworkPolicy(this, 'server', {
      metadata: { name: SERVER, namespace, labels: LABELS },
      spec: {
        podSelector: { matchLabels: SELECTOR },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [
          { ports: tcp(PORTS.http), ...(clients.length > 0 && { from: [...blocks(clients), fromRunners] }) },
          { ports: tcp(PORTS.metrics), from: [{ namespaceSelector: inNamespace(monitoringNamespace) }] },
        ],
        egress: [
          dns(),
          toDatabase,
          // Control plane, secrets backend and artifact store have no fixed addresses, and the Kubernetes API may have none.
          { ports: tcp(...securePorts) },
        ],
      },
    });
    if (migration.mode === 'job') {
      new k8s.KubeNetworkPolicy(this, 'migration', {
        metadata: { name: MIGRATION, namespace, labels: MIGRATION_LABELS },
        spec: {
          podSelector: { matchLabels: { 'app.kubernetes.io/name': MIGRATION } },
          policyTypes: ['Ingress', 'Egress'],
          egress: [dns(), toDatabase],
        },
      });
    }
    new k8s.KubeNetworkPolicy(this, 'runners', {
      metadata: { name: SERVER, namespace: runners.namespace, labels: LABELS },
      spec: {
        podSelector: {},
        policyTypes: ['Ingress', 'Egress'],
        egress: [
          dns(),
          {
            ports: tcp(PORTS.http),
            to: [{ namespaceSelector: inNamespace(namespace), podSelector: { matchLabels: SELECTOR } }],
          },
          // Orchestrators in the cluster start pods through its API.
          { ports: tcp(...securePorts) },
        ],
      },
    });
  }
}

function tcp(...ports: number[]): k8s.NetworkPolicyPort[] {
  return ports.map((port) => ({ protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) }));
}

function dns(): k8s.NetworkPolicyEgressRule {
  return { ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: k8s.IntOrString.fromNumber(53) })) };
}

function blocks(cidrs: readonly string[]): k8s.NetworkPolicyPeer[] {
  return cidrs.map((cidr) => ({ ipBlock: { cidr } }));
}

function inNamespace(name: string): k8s.LabelSelector {
  return { matchLabels: { 'kubernetes.io/metadata.name': name } };
}
