import { clickup } from './clickup.ts';
import { custom } from './custom.ts';
import { github } from './github.ts';
import type { Provider } from './provider.ts';
import { slack } from './slack.ts';

const PROVIDERS: ReadonlyMap<string, Provider> = new Map(
  [custom, github, clickup, slack].map((provider) => [provider.type, provider]),
);

/** Whether events of a type of webhook are understood. */
export function isWebhookType(type: string): boolean {
  return PROVIDERS.has(type);
}

/** The provider of a type, if there is one. */
export function findProvider(type: string): Provider | undefined {
  return PROVIDERS.get(type);
}

/** The provider of a webhook's type. @throws Error for a type that was stored by another release of ZenML */
export function providerOf(type: string): Provider {
  const provider = PROVIDERS.get(type);
  if (!provider) throw new Error(`No webhook provider is registered for type ${type}.`);
  return provider;
}
