import { randomInt } from 'node:crypto';
import type { Model } from '../../contract/operation-types.ts';
import type { ProviderName } from './providers.ts';

type Config = Model<'StackDeploymentConfig'>;

/** What a stack is to be deployed with. */
export interface WantedDeployment {
  readonly stackName: string;
  readonly location: string | undefined;
  readonly terraform: boolean;
  /** Where the deployment registers the stack, and with which token. */
  readonly serverUrl: string;
  readonly token: string;
}

/** Releases of ZenML's provider and modules of Terraform that fit ZenML 0.98.0 (stack_deployments/constants.py). */
const RELEASES = '~> 2.0';
const TEMPLATE = 'https://zenml-cf-templates.s3.eu-central-1.amazonaws.com/aws-ecr-s3-sagemaker.yaml';

/** Where a stack is deployed, and what is to be pasted there. */
export function deploymentConfig(provider: ProviderName, deployment: string, wanted: WantedDeployment): Config {
  if (provider === 'aws') return onAws(wanted);
  return provider === 'gcp' ? onGcp(wanted) : onAzure(deployment, wanted);
}

function onAws(wanted: WantedDeployment): Config {
  const { stackName, location, terraform, serverUrl, token } = wanted;
  const parameters = {
    stackName,
    templateURL: TEMPLATE,
    param_ResourceName: `zenml-${Array.from({ length: 6 }, () => String.fromCharCode(97 + randomInt(26))).join('')}`,
    param_ZenMLServerURL: serverUrl,
    param_ZenMLServerAPIToken: token,
    param_CodeBuild: 'true',
  };
  const region = location === undefined ? '' : `region=${location}`;
  return {
    deployment_url: `https://console.aws.amazon.com/cloudformation/home?${region}#/stacks/create/review?${queryOf(parameters)}`,
    deployment_url_text: 'AWS CloudFormation Console',
    configuration: terraform
      ? terraformOf(wanted, 'aws', ['aws'], [`provider "aws" {\n    region = "${location ?? 'eu-central-1'}"\n}`])
      : null,
    instructions: null,
  };
}

function onGcp(wanted: WantedDeployment): Config {
  const { stackName, location = 'europe-west3', terraform, serverUrl, token } = wanted;
  const parameters = {
    cloudshell_git_repo: 'https://github.com/zenml-io/zenml',
    cloudshell_workspace: 'infra/gcp',
    cloudshell_open_in_editor: 'gcp-gar-gcs-vertex.jinja,gcp-gar-gcs-vertex-deploy.sh',
    cloudshell_tutorial: 'gcp-gar-gcs-vertex.md',
    ephemeral: 'true',
  };
  const provider = `provider "google" {\n    region  = "${location}"\n    project = your GCP project name\n}`;
  const values = [
    '',
    '### BEGIN CONFIGURATION ###',
    `ZENML_STACK_NAME=${stackName}`,
    `ZENML_STACK_REGION=${location}`,
    `ZENML_SERVER_URL=${serverUrl}`,
    `ZENML_SERVER_API_TOKEN=${token}`,
    '### END CONFIGURATION ###',
  ];
  return {
    deployment_url: `https://shell.cloud.google.com/cloudshell/editor?${queryOf(parameters)}`,
    deployment_url_text: 'GCP Cloud Shell Console',
    configuration: terraform ? terraformOf(wanted, 'gcp', ['google'], [provider]) : values.join('\n'),
    instructions: 'The deployment asks for these values:',
  };
}

function onAzure(deployment: string, wanted: WantedDeployment): Config {
  const features = [
    'provider "azurerm" {',
    '    features {',
    '        resource_group {',
    '            prevent_deletion_if_contains_resources = false',
    '        }',
    '    }',
    '}',
  ];
  const location = `    location = "${wanted.location ?? 'eastus'}"`;
  const label = wanted.terraform ? 'terraform' : deployment;
  return {
    deployment_url: 'https://shell.azure.com',
    deployment_url_text: 'Azure Cloud Shell Console',
    configuration: terraformOf(wanted, 'azure', ['azurerm', 'azuread'], [features.join('\n')], [location], label),
    instructions: [
      '1. The Azure Cloud Shell opens in your browser.',
      '2. Save the configuration below there as `main.tf`.',
      '3. Run `terraform init --upgrade`.',
      '4. Run `terraform apply`.',
    ].join('\n'),
  };
}

/** As the reference does: nothing is encoded, because consoles take it as it is. */
function queryOf(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function terraformOf(
  { stackName, serverUrl, token }: WantedDeployment,
  cloud: string,
  required: readonly string[],
  providers: readonly string[],
  more: readonly string[] = [],
  deployment = 'terraform',
): string {
  const sources = required.map((name) => `        ${name} = {\n            source  = "hashicorp/${name}"\n        }`);
  return [
    'terraform {',
    '    required_providers {',
    ...sources,
    '        zenml = {',
    '            source = "zenml-io/zenml"',
    `            version = "${RELEASES}"`,
    '        }',
    '    }',
    '}',
    '',
    ...providers,
    '',
    'provider "zenml" {',
    `    server_url = "${serverUrl}"`,
    `    api_token = "${token}"`,
    '}',
    '',
    'module "zenml_stack" {',
    `    source  = "zenml-io/zenml-stack/${cloud}"`,
    `    version = "${RELEASES}"`,
    '',
    ...more,
    `    zenml_stack_name = "${stackName}"`,
    `    zenml_stack_deployment = "${deployment}"`,
    '}',
    ...['id', 'name'].map(
      (what) => `output "zenml_stack_${what}" {\n    value = module.zenml_stack.zenml_stack_${what}\n}`,
    ),
  ].join('\n');
}
