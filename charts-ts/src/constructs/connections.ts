import { k8s } from 'cdk8s-plus-27';
import type { Settings } from '../settings.ts';

const DNS_PORT = 53;

/** TCP ports. */
export function tcp(...ports: readonly number[]): k8s.NetworkPolicyPort[] {
  return ports.map((port) => ({ protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) }));
}

/** To name servers, wherever they are. */
export function toDns(): k8s.NetworkPolicyEgressRule {
  return { ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: k8s.IntOrString.fromNumber(DNS_PORT) })) };
}

/** To the database: anywhere, where its ranges are not named. */
export function toDatabase({ database, databasePort }: Settings['networkPolicy']): k8s.NetworkPolicyEgressRule {
  return { ports: tcp(databasePort), ...(database.length > 0 && { to: blocks(database) }) };
}

/**
 * To where pods get the identities of their service accounts: addresses of their node, without TLS. The node's own identity on
 * AWS, at 169.254.169.254, stays out of reach.
 */
export function toIdentities({ aws, gcp }: Settings['identities']): k8s.NetworkPolicyEgressRule[] {
  return [
    ...(aws ? [{ ports: tcp(80), to: blocks(['169.254.170.23/32', 'fd00:ec2::23/128']) }] : []),
    // GKE's metadata server, as Dataplane V2 sees it, and as Calico does.
    ...(gcp
      ? [
          { ports: tcp(80, 8080), to: blocks(['169.254.169.254/32']) },
          { ports: tcp(987, 988), to: blocks(['169.254.169.252/32']) },
        ]
      : []),
  ];
}

/** Ranges of addresses. */
export function blocks(cidrs: readonly string[]): k8s.NetworkPolicyPeer[] {
  return cidrs.map((cidr) => ({ ipBlock: { cidr } }));
}

/** All pods of a namespace, which Kubernetes labels with its name. */
export function inNamespace(name: string): k8s.LabelSelector {
  return { matchLabels: { 'kubernetes.io/metadata.name': name } };
}
