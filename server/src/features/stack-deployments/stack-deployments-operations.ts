import type { IssueToken } from '../../auth/access-tokens.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseInstant } from '../../database/instants.ts';
import { findDeployedStack } from './deployed-stack-read-model.ts';
import { deploymentConfig } from './deployment-config.ts';
import { providerOf, TEXTS } from './providers.ts';

/** The parts that the operations on deployments of stacks need. */
export interface StackDeploymentsParts {
  readonly db: Database;
  readonly issueToken: IssueToken;
  /** Where clients reach the server; empty where that is not configured. */
  readonly serverUrl: string;
}

/** How long a deployment may take to register its stack, seconds (ZenML 0.98.0 constants.py). */
const TOKEN_SECONDS = 6 * 60 * 60;

/** The operations on deployments of stacks to a cloud: what `zenml stack deploy` and the dashboard ask for. */
export function stackDeploymentsOperations({ db, issueToken, serverUrl }: StackDeploymentsParts) {
  return {
    async get_stack_deployment_info_api_v1_stack_deployment_info_get({ query }) {
      const { deployment: _own, ...facts } = providerOf(query.provider);
      return { ...facts, ...TEXTS[query.provider] };
    },

    async get_stack_deployment_config_api_v1_stack_deployment_config_get({ query, identity, context }) {
      const { provider, stack_name: stackName, location, terraform = false } = query;
      const { accessToken: token } = await issueToken(identity, { expiresIn: TOKEN_SECONDS });
      return deploymentConfig(provider, providerOf(provider).deployment, {
        stackName,
        location: location ?? undefined,
        terraform,
        serverUrl: serverUrl === '' ? `https://${context.headers['host'] ?? 'localhost'}` : serverUrl,
        token,
      });
    },

    get_deployed_stack_api_v1_stack_deployment_stack_get({ query }) {
      const { provider, terraform, date_start: start } = query;
      const deployment = terraform ? 'terraform' : providerOf(provider).deployment;
      return findDeployedStack(db, provider, deployment, start == null ? undefined : toDatabaseInstant(start));
    },
  } satisfies Handlers;
}
