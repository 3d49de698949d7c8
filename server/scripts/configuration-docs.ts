import { NO_EFFECT } from '../src/config/no-effect.ts';
import { SECTIONS, type Section } from '../src/config/sections.ts';
import type { Variable } from '../src/config/variable.ts';

const INTRODUCTION = `# Configuration

The server is configured by environment variables, read once at its start. Names and defaults that begin with
\`ZENML_SERVER_\`, \`ZENML_STORE_\` and \`ZENML_SECRETS_STORE_\` are those of ZenML 0.98.0, so that an existing
deployment's environment carries over; what only this server has begins with \`ZENML_WORKSPACE_\`.

- A wrong value or an unknown name with one of these beginnings stops the start with exit code 78. All mistakes are
  listed at once, and the value of a secret (🔒) is never shown.
- A variable that is set to an empty text counts as unset.
- Variables that Kubernetes sets for a Service (\`…_SERVICE_HOST\`, \`…_PORT=tcp://…\`) are no settings and are ignored.
- Durations and sizes are in the unit that the name or the description says.

Only \`ZENML_STORE_URL\` is required. With more than one replica, or if log-ins are to outlive a restart, set
\`ZENML_SERVER_JWT_SECRET_KEY\`, and keep \`ZENML_SECRETS_STORE_ENCRYPTION_KEY\` where it does not get lost.

This page is generated from the code: \`npm run docs:configuration\`.
`;

/** The text of docs/configuration.md. */
export function configurationDocs(): string {
  return [INTRODUCTION, ...SECTIONS.map(section), noEffect()].join('\n');
}

function section({ title, variables }: Section): string {
  const rows = Object.values(variables).map((variable) =>
    row([name(variable), value(variable), variable.fallbackText, variable.doc]),
  );
  return [`## ${title}`, '', ...table(['Variable', 'Value', 'Default', 'What it does'], rows), ''].join('\n');
}

function name({ name, formerName, secret }: Variable<unknown>): string {
  const also = formerName ? `<br>also \`${formerName}\`` : '';
  return `\`${name}\`${secret ? ' 🔒' : ''}${also}`;
}

function value({ format }: Variable<unknown>): string {
  return format.description ?? '';
}

function noEffect(): string {
  const rows = NO_EFFECT.map(({ names, reason }) => row([names.map((name) => `\`${name}\``).join('<br>'), reason]));
  const introduction =
    'These variables of ZenML are accepted, so that an environment carries over; a warning says so where one is set.';
  return ['## Without effect', '', introduction, '', ...table(['Variables', 'Why'], rows), ''].join('\n');
}

function table(head: readonly string[], rows: readonly string[]): string[] {
  return [row(head), row(head.map(() => '---')), ...rows];
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
