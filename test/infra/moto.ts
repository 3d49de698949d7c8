import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Companion, freePort } from '../../tools/bootstrap/process.mjs';

const PROGRAM = fileURLToPath(new URL('moto_server.py', import.meta.url));

/** What is asked of moto beside Terraform: what an account has before a stack is made, and what people put in afterwards. */
export interface Moto {
  readonly url: string;
  /** Makes a cluster of EKS in a network, with a security group for its nodes. */
  makeCluster(name: string, region: string, network: MadeNetwork): Promise<void>;
  /** Makes a VPC with private subnets in two zones. */
  makeNetwork(region: string): Promise<MadeNetwork>;
  makeBucket(name: string, region: string): Promise<void>;
  /** Writes a value into a place of Secrets Manager, as people do. */
  writeSecret(name: string, region: string, value: string): Promise<void>;
  /** Reads it, as the External Secrets Operator does. */
  readSecret(name: string, region: string): Promise<string>;
  /** Whether every call must be signed and allowed by a policy from now on, as on AWS. At first everybody may do everything. */
  askPolicies(asked: boolean): Promise<void>;
  stop(): Promise<void>;
}

export interface MadeNetwork {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
}

/** Starts moto. @param python an interpreter that has it */
export async function startMoto(python: string): Promise<Moto> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const directory = mkdtempSync(join(tmpdir(), 'moto-'));
  const args = [PROGRAM, '-p', String(port)];
  // Policies that AWS brings are there, too.
  const env = { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' };
  const moto = new Companion('moto', python, args, { log: join(directory, 'log'), disposable: directory, env });
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${url}/moto-api/`).catch(() => undefined);
    if (answer?.ok) break;
    if (tries === 600) throw new Error('moto did not start within two minutes');
    await sleep(200);
  }
  const api = new Api(url);
  return {
    url,
    async makeCluster(name, region, { vpcId, subnetIds }) {
      const nodes = { GroupName: 'nodes', GroupDescription: 'nodes', VpcId: vpcId };
      const group = await api.ec2(region, 'CreateSecurityGroup', nodes);
      const cluster = {
        name,
        roleArn: 'arn:aws:iam::123456789012:role/cluster',
        resourcesVpcConfig: { vpcId, subnetIds, clusterSecurityGroupId: textOf(group, 'groupId') },
      };
      await api.call('eks', region, { path: '/clusters', body: JSON.stringify(cluster) });
    },
    async makeNetwork(region) {
      const vpcId = textOf(await api.ec2(region, 'CreateVpc', { CidrBlock: '10.60.0.0/16' }), 'vpcId');
      const subnetIds = [];
      for (const [index, zone] of ['a', 'b'].entries()) {
        const place = { VpcId: vpcId, CidrBlock: `10.60.${index}.0/24`, AvailabilityZone: `${region}${zone}` };
        subnetIds.push(textOf(await api.ec2(region, 'CreateSubnet', place), 'subnetId'));
      }
      return { vpcId, subnetIds };
    },
    async makeBucket(name, region) {
      const body = `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
      await api.call('s3', region, { method: 'PUT', path: `/${name}`, body });
    },
    async writeSecret(name, region, value) {
      await api.secrets(region, 'PutSecretValue', { SecretId: name, SecretString: value });
    },
    async readSecret(name, region) {
      const answer: { SecretString: string } = JSON.parse(
        await api.secrets(region, 'GetSecretValue', { SecretId: name }),
      );
      return answer.SecretString;
    },
    async askPolicies(asked) {
      // How many calls are still free.
      const body = asked ? '0' : 'inf';
      const headers = { 'Content-Type': 'text/plain' };
      const answer = await fetch(`${url}/moto-api/reset-auth`, { method: 'POST', headers, body });
      if (!answer.ok) throw new Error(`moto does not change what it asks: ${answer.status}`);
    },
    async stop() {
      await moto.stop(2000);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** AWS' interfaces as moto has them: signatures are not looked at. */
class Api {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  ec2(region: string, action: string, parameters: Readonly<Record<string, string>>): Promise<string> {
    const body = new URLSearchParams({ Action: action, Version: '2016-11-15', ...parameters }).toString();
    return this.call('ec2', region, { body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
  }

  secrets(region: string, action: string, parameters: object): Promise<string> {
    const headers = { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': `secretsmanager.${action}` };
    return this.call('secretsmanager', region, { body: JSON.stringify(parameters), headers });
  }

  async call(service: string, region: string, { method = 'POST', path = '/', body, headers }: Call): Promise<string> {
    const scope = `tests/20260101/${region}/${service}/aws4_request`;
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        'Content-Type': 'application/json',
        Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
        ...headers,
      },
      body,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`moto answers ${service} with ${answer.status}: ${text}`);
    return text;
  }
}

/** What stands in an element of an answer in XML. */
function textOf(xml: string, element: string): string {
  const [, text] = new RegExp(`<${element}>(.+?)</${element}>`).exec(xml) ?? [];
  if (text === undefined) throw new Error(`There is no ${element} in ${xml}`);
  return text;
}
