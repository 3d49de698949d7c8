import { BlockList, isIP } from 'node:net';

/** A connection, as seen from the pod that a policy is for. */
export interface Packet {
  readonly direction: 'in' | 'out';
  readonly port: number;
  /** TCP by default. */
  readonly protocol?: 'TCP' | 'UDP';
  /** Of the other side, where it is no pod. */
  readonly address?: string;
  /** The other side, where it is one. */
  readonly pod?: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

interface Peer {
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
}

interface Rule {
  readonly ports?: readonly { readonly port: number; readonly protocol: string }[];
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
}

/** A NetworkPolicy, as far as it is looked into. */
export interface NetworkPolicy {
  readonly metadata: { readonly namespace: string };
  readonly spec: {
    readonly podSelector: Selector;
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}

/** Whether a policy lets a connection through, by the rules of Kubernetes: the test cluster's network enforces none. */
export function allows({ metadata, spec }: NetworkPolicy, packet: Packet): boolean {
  const isIn = packet.direction === 'in';
  if (!spec.policyTypes.includes(isIn ? 'Ingress' : 'Egress')) return true;
  return ((isIn ? spec.ingress : spec.egress) ?? []).some(({ ports, from, to }) => {
    const peers = isIn ? from : to;
    const { port, protocol = 'TCP' } = packet;
    const isPort = ports === undefined || ports.some((one) => one.port === port && one.protocol === protocol);
    return isPort && (peers === undefined || peers.some((peer) => isPeer(peer, packet, metadata.namespace)));
  });
}

function isPeer({ ipBlock, namespaceSelector, podSelector }: Peer, { address, pod }: Packet, own: string): boolean {
  if (ipBlock !== undefined) {
    const { cidr, except = [] } = ipBlock;
    return address !== undefined && isWithin(address, cidr) && !except.some((range) => isWithin(address, range));
  }
  if (pod === undefined) return false;
  const isNamespace = namespaceSelector
    ? selects(namespaceSelector, { 'kubernetes.io/metadata.name': pod.namespace })
    : pod.namespace === own;
  return isNamespace && (podSelector === undefined || selects(podSelector, pod.labels));
}

function selects({ matchLabels = {} }: Selector, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}

function isWithin(address: string, cidr: string): boolean {
  const [network = '', prefix] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), familyOf(network));
  // A list takes IPv4 for a part of IPv6.
  return familyOf(address) === familyOf(network) && list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
