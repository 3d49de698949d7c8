import { readFileSync } from 'node:fs';

/** What has to be installed for the flavors of an integration. */
interface Integration {
  /** What the import paths of its flavors begin with. */
  readonly module: string;
  readonly requirements: readonly string[];
  readonly apt_packages: readonly string[];
}

const FILE = new URL('../../../data/integrations.json', import.meta.url);

function readIntegrations(): ReadonlyMap<string, Integration> {
  const integrations = JSON.parse(readFileSync(FILE, 'utf8')) as readonly Integration[];
  return new Map(integrations.map((integration) => [integration.module, integration]));
}

/** How runner images are built. */
export interface RunnerImageSettings {
  /** What they are built from; ZenML's own image of the build's version where left out. */
  readonly parentImage: string | undefined;
  /** Whether `pip` installs what `uv` would. */
  readonly withoutUv: boolean;
}

/** For what an image is built. */
export interface RunnerImageNeeds {
  /** Import paths of the stack's flavors. */
  readonly flavorSources: readonly (string | null)[];
  readonly zenmlVersion: string;
  /** Of the snapshot's images, e.g. `3.11.9`. */
  readonly pythonVersion: string | null;
}

/** The Python of an image whose build does not say which it has. */
const FALLBACK_PYTHON = '3.12';

/**
 * The Dockerfile of an image that can start runs on a stack, as ZenML 0.98.0 writes it (build_runner_dockerfile): what the
 * integrations of the stack need, without the pipeline's code.
 */
export function createRunnerDockerfile(settings: RunnerImageSettings): (needs: RunnerImageNeeds) => string {
  const integrations = readIntegrations();
  return ({ flavorSources, zenmlVersion, pythonVersion }) => {
    const modules = new Set(flavorSources.map((source) => (source ?? '').split('.').slice(0, 3).join('.')));
    const needed = [...modules].flatMap((module) => integrations.get(module) ?? []);
    const packages = quoted(needed.flatMap(({ apt_packages }) => apt_packages));
    const requirements = quoted(needed.flatMap((integration) => integration.requirements));
    const python = (pythonVersion ?? FALLBACK_PYTHON).split('.').slice(0, 2).join('.');
    return [
      `FROM ${settings.parentImage ?? `zenmldocker/zenml:${zenmlVersion}-py${python}`}`,
      ...(packages === '' ? [] : [`RUN apt-get update && apt-get install -y --no-install-recommends ${packages}`]),
      ...(requirements === '' ? [] : installation(requirements, settings.withoutUv)),
    ].join('\n');
  };
}

function installation(requirements: string, withoutUv: boolean): string[] {
  if (withoutUv) return [`RUN pip install --default-timeout=60 --no-cache-dir ${requirements}`];
  return ['RUN pip install uv', `RUN uv pip install --no-cache-dir ${requirements}`];
}

/**
 * In order and each once, so that the same needs give the same text: its hash names the image. Quotes within a requirement
 * (`python_version < '3.14'`) become double ones, which mean the same to pip and survive the shell.
 */
function quoted(names: readonly string[]): string {
  return [...new Set(names)]
    .sort()
    .map((name) => `'${name.replaceAll("'", '"')}'`)
    .join(' ');
}
