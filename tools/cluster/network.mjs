import { existsSync } from 'node:fs';
import { capture, findProgram, runOrFail } from '../bootstrap/process.mjs';

/*
 * The cluster lives in a network namespace of its own: its addresses, ports and iptables rules meet nobody else's. A pair of
 * virtual Ethernet devices joins it to the machine.
 */

const name = 'zenml-test';
const outside = 'zenml-test0';
const inside = 'zenml-test1';

/** Addresses of the tests' cluster. */
export const addresses = {
  /** This machine, as the node and its pods reach it. */
  host: '10.253.0.1',
  /** The node, and the API server on it. */
  node: '10.253.0.2',
  pods: '10.254.0.0/16',
  services: '10.252.0.0/24',
};

const prefix = 30;

/** What to put before a command that is to run in the cluster's network. */
export function insideNetwork() {
  return [findProgram(['nsenter'], ['/usr/bin']), `--net=/run/netns/${name}`];
}

/** Makes the network, and lets its packets through to the rest of the world as the machine's own. */
export async function makeNetwork() {
  const ip = (...args) => runOrFail('ip', args);
  const within = (...command) => runOrFail(insideNetwork()[0], [insideNetwork()[1], ...command]);
  await ip('netns', 'add', name);
  await ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', name);
  await ip('addr', 'add', `${addresses.host}/${prefix}`, 'dev', outside);
  await ip('link', 'set', outside, 'up');
  await within('ip', 'link', 'set', 'lo', 'up');
  await within('ip', 'addr', 'add', `${addresses.node}/${prefix}`, 'dev', inside);
  await within('ip', 'link', 'set', inside, 'up');
  await within('ip', 'route', 'add', 'default', 'via', addresses.host);
  await within('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  // Tests reach Services by their addresses, as pods do.
  await ip('route', 'add', addresses.services, 'via', addresses.node);
}

/** Removes the network, whatever a run that was killed has left of it. */
export async function removeNetwork() {
  if (existsSync(`/sys/class/net/${outside}`)) await capture('ip', ['link', 'del', outside]);
  if (existsSync(`/run/netns/${name}`)) await capture('ip', ['netns', 'del', name]);
}
