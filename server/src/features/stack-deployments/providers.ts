import { readFileSync } from 'node:fs';
import type { Model } from '../../contract/operation-types.ts';

export type ProviderName = Model<'StackDeploymentProvider'>;

/** What deploying a stack to a cloud takes and gives (`server/scripts/derive-data.py`). */
export interface Provider {
  readonly provider: ProviderName;
  /** The cloud's own way of deploying, as the stack's label names it. */
  readonly deployment: string;
  readonly integrations: string[];
  readonly permissions: Record<string, string[]>;
  readonly locations: Record<string, string>;
  readonly skypilot_default_regions: Record<string, string>;
}

const FILE = new URL('../../../data/stack-deployments.json', import.meta.url);
let known: readonly Provider[] | undefined;

/** A provider that the contract knows. Read at first use: hardly any server is asked. */
export function providerOf(name: ProviderName): Provider {
  known ??= JSON.parse(readFileSync(FILE, 'utf8')) as readonly Provider[];
  const provider = known.find((one) => one.provider === name);
  if (!provider) throw new Error(`stack-deployments.json has no ${name}`);
  return provider;
}

interface Texts {
  readonly description: string;
  readonly instructions: string;
  readonly post_deploy_instructions: string;
}

/** What people are told, Markdown. */
export const TEXTS: Readonly<Record<ProviderName, Texts>> = {
  aws: textsOf({
    cloud: 'AWS',
    tool: 'a CloudFormation stack',
    place: 'The AWS console opens, with the parameters filled in: log in, look through them and confirm.',
    makes: [
      'an S3 bucket (artifact store)',
      'an ECR repository (container registry)',
      'SageMaker as orchestrator and step operator',
      'a CodeBuild project (image builder)',
      'an IAM user and an IAM role that may just what these need, with an access key (service connector)',
    ],
  }),
  gcp: textsOf({
    cloud: 'GCP',
    tool: 'a Deployment Manager deployment',
    place:
      'A Cloud Shell opens in your project. It warns of the repository `zenml-io/zenml`, where the scripts are: look through ' +
      'them, and trust it, for without that the shell is not logged in.',
    makes: [
      'a Cloud Storage bucket (artifact store)',
      'an Artifact Registry repository (container registry)',
      'Vertex AI as orchestrator and step operator',
      'Cloud Build as image builder',
      'a service account that may just what these need, with a key (service connector)',
    ],
  }),
  azure: textsOf({
    cloud: 'Azure',
    tool: 'a Terraform configuration',
    place: 'An Azure Cloud Shell opens: save the configuration there as `main.tf`, and apply it.',
    makes: [
      'a resource group with a storage account and a container (artifact store)',
      'a container registry',
      'an AzureML workspace as orchestrator and step operator',
      'a service principal that may just what these need, with a secret (service connector)',
    ],
  }),
};

function textsOf(given: { cloud: string; tool: string; place: string; makes: readonly string[] }): Texts {
  const { cloud, tool, place, makes } = given;
  return {
    description: `A basic stack on ${cloud}: what pipelines need there is made, connected and registered.`,
    instructions: [
      place,
      `By ${tool} these are made in your account, where they cost what ${cloud} asks for them:`,
      makes.map((what) => `- ${what}`).join('\n'),
      'ZenML gets the credentials that are made, and registers the stack by itself. Deleting what was deployed takes them back.',
    ].join('\n\n'),
    post_deploy_instructions: `The stack is deployed and registered. Delete ${tool} to remove what it made, and ZenML's access with it.`,
  };
}
