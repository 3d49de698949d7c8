import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Companion, freePort } from '../../tools/bootstrap/process.mjs';

/** AWS, played by moto on loopback. */
export interface Moto {
  readonly url: string;
  /** Makes a cluster of EKS, with a security group for its nodes. */
  makeCluster(name: string, region: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts moto. @param python an interpreter that has it */
export async function startMoto(python: string): Promise<Moto> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const directory = mkdtempSync(join(tmpdir(), 'moto-'));
  const args = ['-m', 'moto.server', '-p', String(port)];
  // Policies that AWS brings are there, too.
  const env = { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' };
  const moto = new Companion('moto', python, args, { log: join(directory, 'log'), disposable: directory, env });
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${url}/moto-api/`).catch(() => undefined);
    if (answer?.ok) break;
    if (tries === 300) throw new Error('moto did not start within 60 s');
    await sleep(200);
  }
  const call = async (service: string, region: string, path: string, body: string): Promise<string> => {
    const scope = `tests/20260101/${region}/${service}/aws4_request`;
    const headers = {
      'Content-Type': body.startsWith('{') ? 'application/json' : 'application/x-www-form-urlencoded',
      Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    };
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`moto answers ${service} with ${answer.status}: ${text}`);
    return text;
  };
  return {
    url,
    async makeCluster(name, region) {
      const action = 'Action=CreateSecurityGroup&Version=2016-11-15&GroupName=nodes&GroupDescription=nodes';
      const clusterSecurityGroupId = /<groupId>(.+?)<\/groupId>/.exec(await call('ec2', region, '/', action))?.[1];
      const cluster = {
        name,
        roleArn: 'arn:aws:iam::123456789012:role/cluster',
        resourcesVpcConfig: { subnetIds: ['subnet-0a1b2c3d'], clusterSecurityGroupId },
      };
      await call('eks', region, '/clusters', JSON.stringify(cluster));
    },
    async stop() {
      await moto.stop(2000);
    },
  };
}
