import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { KubeConfig, loadYaml, type User } from '@kubernetes/client-node';

/**
 * Reads a kubeconfig, or without any file what a pod has of its service account. Of several files the first that names
 * something counts, as for `kubectl`.
 * @param context of the kubeconfig; its current one where left out
 * @throws where it cannot be read
 */
export function readKubeConfig(files: readonly string[], context: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (files.length === 0) config.loadFromDefault();
  else config.loadFromOptions(merge(files.map(readFile)));
  if (context !== undefined) {
    if (!config.getContextObject(context)) throw new Error(`it has no context \`${context}\``);
    config.setCurrentContext(context);
  }
  return config;
}

/**
 * The files of a kubeconfig.
 * @param kubeconfig one or several, as `KUBECONFIG` names them; `~/.kube/config` where left out
 * @returns none where there is neither
 */
export function kubeConfigFiles(kubeconfig = ''): readonly string[] {
  const named = kubeconfig.split(delimiter).filter((file) => file !== '');
  // Of several some may be missing; where none is there, reading the first says so.
  if (named.length > 0) return named.some(existsSync) ? named.filter(existsSync) : named.slice(0, 1);
  const usual = join(homedir(), '.kube', 'config');
  return existsSync(usual) ? [usual] : [];
}

function merge(configs: readonly KubeConfig[]) {
  return {
    clusters: firstOfName(configs.flatMap(({ clusters }) => clusters)),
    users: firstOfName(configs.flatMap(({ users }) => users)),
    contexts: firstOfName(configs.flatMap(({ contexts }) => contexts)),
    currentContext: configs.find(({ currentContext }) => currentContext)?.currentContext,
  };
}

function firstOfName<Named extends { readonly name: string }>(items: readonly Named[]): Named[] {
  return [...new Map([...items].reverse().map((item) => [item.name, item])).values()];
}

/** What the library does not take from a kubeconfig's users. */
interface WrittenUsers {
  readonly users?: readonly { readonly name: string; readonly user?: { readonly tokenFile?: string } }[];
}

function readFile(file: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(file);
  const directory = dirname(resolve(file));
  const written = loadYaml<WrittenUsers>(readFileSync(file, 'utf8')).users ?? [];
  const tokenFiles = new Map(written.map(({ name, user }) => [name, user?.tokenFile]));
  config.users = config.users.map((user) => completed(user, tokenFiles.get(user.name), directory));
  return config;
}

/** With the token of a file, which goes before one that stands in the kubeconfig, and with what plugins expect. */
function completed(user: User, tokenFile: string | undefined, directory: string): User {
  if (tokenFile) return { ...user, token: readFileSync(resolve(directory, tokenFile), 'utf8').trim() };
  return user.exec ? { ...user, exec: withExecInfo(user.exec, directory) } : user;
}

/** A plugin that prints credentials (`client.authentication.k8s.io`), as far as it matters here. */
interface ExecPlugin {
  readonly apiVersion?: string;
  readonly command: string;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
}

/** Plugins learn from the environment which version of their protocol is spoken, and that nobody is there to answer questions. */
function withExecInfo(plugin: ExecPlugin, directory: string): ExecPlugin {
  const { apiVersion = 'client.authentication.k8s.io/v1', command, env } = plugin;
  const value = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false } });
  return {
    ...plugin,
    // Of a path, and not of a name to look up.
    command: /[\\/]/.test(command) ? resolve(directory, command) : command,
    env: [...(env ?? []), { name: 'KUBERNETES_EXEC_INFO', value }],
  };
}
