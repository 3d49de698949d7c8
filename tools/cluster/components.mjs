import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addresses } from './network.mjs';

/** The image of the first process of each pod. */
export const pauseImage = 'localhost/pause:1';
const node = 'node1';
const adminToken = 'token-of-tests';
const apiPort = 6443;
const etcdUrl = 'http://127.0.0.1:2379';

/**
 * Where everything of one run lies.
 * @param {string} run
 * @param {import('./programs.mjs').ClusterPrograms} programs
 */
export function pathsOf(run, { directory, networkPlugins }) {
  return {
    run,
    kubeconfig: join(run, 'kubeconfig'),
    socket: join(run, 'containerd.sock'),
    containerd: join(directory, 'containerd'),
    networkPlugins,
    file: (...names) => join(run, ...names),
  };
}

/** Writes what the programs read. */
export function writeConfiguration(paths) {
  const write = (name, text) => writeFileSync(paths.file(name), text, { mode: 0o600 });
  write('tokens.csv', `${adminToken},admin,admin,"system:masters"\n`);
  write('kubeconfig', JSON.stringify(configurationFor(adminToken)));
  write('kubelet.json', JSON.stringify(kubeletConfiguration(paths)));
  // In a folder of its own: every JSON file there is taken for a network.
  mkdirSync(paths.file('network'));
  write(join('network', 'pods.conflist'), JSON.stringify(podNetwork(paths)));
  write('containerd.toml', containerdConfiguration(paths));
}

/** The kubeconfig of whoever has a token. */
export function configurationFor(token) {
  const cluster = { server: `https://${addresses.node}:${apiPort}`, 'insecure-skip-tls-verify': true };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'user', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'user' } }],
    'current-context': 'test',
  };
}

function kubeletConfiguration({ socket, file }) {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    // Works on machines whose cgroups are version 1 and partly read-only, such as containers.
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    failCgroupV1: false,
    localStorageCapacityIsolation: false,
    containerRuntimeEndpoint: `unix://${socket}`,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    registryPullQPS: 0,
    // So that a chatty container’s log is not rotated while nobody reads it: only the newest file is served.
    containerLogMaxSize: '500Mi',
    // Another kubelet of this machine would remove them: it knows none of these pods.
    podLogsDir: file('logs'),
  };
}

function podNetwork(paths) {
  const ranges = [[{ subnet: addresses.pods }]];
  const ipam = { type: 'host-local', dataDir: paths.file('addresses'), ranges, routes: [{ dst: '0.0.0.0/0' }] };
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: true, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

function containerdConfiguration(paths) {
  return `version = 2
root = "${paths.containerd}"
state = "${paths.file('containerd')}"
[grpc]
  address = "${paths.socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${paths.file('registries')}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${paths.networkPlugins}"
    conf_dir = "${paths.file('network')}"
`;
}

/** Lets the node pull from a registry without TLS. @param registry host and port, as names of images begin */
export function trustRegistry(paths, registry) {
  // containerd's way to have a port in the name of a folder.
  const folder = paths.file('registries', registry.replace(/:(\d+)$/, '_$1_'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'hosts.toml'), `[host."http://${registry}"]\n  capabilities = ["pull", "resolve"]\n`);
}

/** The programs of the control plane, in the order of their start, with their arguments. */
export function controlPlane(paths) {
  return {
    etcd: ['etcd', '--data-dir', paths.file('etcd'), '--unsafe-no-fsync'],
    'kube-apiserver': apiServer(paths),
    'kube-controller-manager': [
      'kube-controller-manager',
      `--kubeconfig=${paths.kubeconfig}`,
      `--service-account-private-key-file=${paths.file('accounts.key')}`,
      `--root-ca-file=${paths.file('certificates', 'apiserver.crt')}`,
      '--leader-elect=false',
    ],
    'kube-scheduler': ['kube-scheduler', `--kubeconfig=${paths.kubeconfig}`, '--leader-elect=false'],
  };
}

function apiServer(paths) {
  return [
    'kube-apiserver',
    `--etcd-servers=${etcdUrl}`,
    `--secure-port=${apiPort}`,
    `--advertise-address=${addresses.node}`,
    `--cert-dir=${paths.file('certificates')}`,
    `--service-account-key-file=${paths.file('accounts.pub')}`,
    `--service-account-signing-key-file=${paths.file('accounts.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-cluster-ip-range=${addresses.services}`,
    '--authorization-mode=RBAC,Node',
    `--token-auth-file=${paths.file('tokens.csv')}`,
    '--allow-privileged',
    '--kubelet-preferred-address-types=InternalIP',
    '--endpoint-reconciler-type=lease',
  ];
}

/** The programs of the node. containerd comes first: the kubelet needs it. */
export function nodePrograms(paths) {
  return {
    containerd: ['containerd', '-c', paths.file('containerd.toml')],
    kubelet: [
      'kubelet',
      `--config=${paths.file('kubelet.json')}`,
      `--kubeconfig=${paths.kubeconfig}`,
      `--root-dir=${paths.file('kubelet')}`,
      `--hostname-override=${node}`,
      `--node-ip=${addresses.node}`,
    ],
    'kube-proxy': [
      'kube-proxy',
      `--kubeconfig=${paths.kubeconfig}`,
      `--hostname-override=${node}`,
      '--proxy-mode=iptables',
      `--cluster-cidr=${addresses.pods}`,
      '--conntrack-max-per-core=0',
    ],
  };
}
