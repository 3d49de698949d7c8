import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetLifecyclePolicyCommand,
  ListTagsForResourceCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr';
import { CreateClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { STSClient } from '@aws-sdk/client-sts';
import { pino } from 'pino';
import { createEcrRegistry, parseEcrRegistry } from '../../server/src/workloads/aws/ecr-registry.ts';
import { createEksSearch, createEksToken } from '../../server/src/workloads/aws/eks-cluster.ts';
import { createGkeSearch } from '../../server/src/workloads/gcp/gke-cluster.ts';
import { createGoogleRegistry, isGoogleRegistry } from '../../server/src/workloads/gcp/google-registry.ts';
import { createGoogleTokens } from '../../server/src/workloads/gcp/google-tokens.ts';
import { parseDockerConfig } from '../../server/src/workloads/images/docker-config.ts';
import { type ImageReference, parseImage } from '../../server/src/workloads/images/image-reference.ts';
import { createPlainRegistry } from '../../server/src/workloads/images/image-registry.ts';
import { createRegistryClient } from '../../server/src/workloads/images/registry-client.ts';
import { Companion, freePort } from '../../tools/bootstrap/process.mjs';
import { type MetadataServer, startMetadataServer } from './metadata-server.ts';
import { pushEmptyImage, startRegistry } from './registry.ts';
import { startTokenServer } from './token-server.ts';

const signal = new AbortController().signal;
const client = createRegistryClient({ findCredentials: async () => undefined });
const others = createPlainRegistry(client, undefined);

function imageOf(name: string): ImageReference {
  const image = parseImage(name);
  assert.ok(image);
  return image;
}

describe('AWS', () => {
  // The account that moto takes everyone for.
  const registryName = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
  const image = imageOf(`${registryName}/zenml-runner:1`);
  const directory = mkdtempSync(join(tmpdir(), 'moto-'));
  const environment: Record<string, string> = {
    AWS_ACCESS_KEY_ID: 'tests',
    AWS_SECRET_ACCESS_KEY: 'tests',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  let moto: Companion;
  let ecr: ECRClient;
  before(async () => {
    const port = await freePort();
    moto = new Companion(
      'moto',
      process.env['ZENML_TEST_PYTHON'] ?? 'python3',
      ['-m', 'moto.server', '-p', String(port)],
      {
        log: join(directory, 'log'),
        disposable: directory,
      },
    );
    environment['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${port}`;
    Object.assign(process.env, environment);
    for (let tries = 0; tries < 150; tries++) {
      if (
        await fetch(environment['AWS_ENDPOINT_URL']).then(
          () => true,
          () => false,
        )
      )
        break;
      await sleep(200);
    }
    ecr = new ECRClient({ region: 'eu-central-1' });
  });
  after(async () => {
    for (const name of Object.keys(environment)) delete process.env[name];
    await moto.stop(2000);
    rmSync(directory, { recursive: true, force: true });
  });
  const registry = createEcrRegistry({ others, log: pino({ level: 'silent' }) });

  test('names say account and region', () => {
    assert.deepEqual(parseEcrRegistry('339712793861.dkr.ecr.eu-central-1.amazonaws.com'), {
      registryId: '339712793861',
      region: 'eu-central-1',
    });
    assert.equal(parseEcrRegistry('339712793861.dkr.ecr.cn-north-1.amazonaws.com.cn')?.region, 'cn-north-1');
    assert.equal(parseEcrRegistry('339712793861.dkr.ecr-fips.us-gov-west-1.amazonaws.com')?.region, 'us-gov-west-1');
    assert.equal(parseEcrRegistry('public.ecr.aws'), undefined);
    assert.equal(parseEcrRegistry('1.dkr.ecr.eu-central-1.amazonaws.com.example'), undefined);
  });

  test('the repository is made before the first build, scanned on push and swept', async () => {
    assert.deepEqual(await registry.hasImage(image, signal), {
      outcome: 'no',
      message: 'has no repository `zenml-runner`',
    });
    assert.deepEqual(await registry.mayPush(image, signal), { outcome: 'yes' });
    await Promise.all([registry.prepareRepository(image, signal), registry.prepareRepository(image, signal)]);
    await registry.prepareRepository(image, signal);
    assert.deepEqual(await registry.mayPush(image, signal), { outcome: 'yes' });
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['zenml-runner'] }));
    assert.equal(repositories?.[0]?.imageScanningConfiguration?.scanOnPush, true);
    // Which ecr:CreateRepository alone does not allow.
    const { tags } = await ecr.send(new ListTagsForResourceCommand({ resourceArn: repositories?.[0]?.repositoryArn }));
    assert.deepEqual(tags, []);
    const policy = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName: 'zenml-runner' }));
    assert.equal(JSON.parse(policy.lifecyclePolicyText ?? '{}').rules[0].selection.tagStatus, 'untagged');
  });

  test('a repository whose policy failed gets it with the next build; one with images is left as it is', async () => {
    const policyOf = (repositoryName: string) =>
      ecr.send(new GetLifecyclePolicyCommand({ repositoryName })).then(
        () => 'swept',
        ({ name }: Error) => name,
      );
    const prepare = (name: string) => {
      const registryOfNow = createEcrRegistry({ others, log: pino({ level: 'silent' }) });
      return registryOfNow.prepareRepository(imageOf(`${registryName}/${name}:2`), signal);
    };
    // Nothing of it keeps the build from going on.
    await withFailing(/PutLifecyclePolicy/, 'ServerException', () => prepare('begun'));
    await withFailing(/GetLifecyclePolicy/, 'AccessDeniedException', () => prepare('begun'));
    await withFailing(/ListImages/, 'ServerException', () => prepare('begun'));
    assert.equal(await policyOf('begun'), 'LifecyclePolicyNotFoundException');
    await prepare('begun');
    assert.equal(await policyOf('begun'), 'swept');
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'owned' }));
    await putImage('owned');
    await prepare('owned');
    assert.equal(await policyOf('owned'), 'LifecyclePolicyNotFoundException');
    await withFailing(/PutLifecyclePolicy/, 'AccessDeniedException', () => prepare('unswept'));
  });

  /** Has AWS answer some calls with an error; moto, which lets everybody do everything, answers the others. */
  async function withFailing(calls: RegExp, type: string, work: () => Promise<void>): Promise<void> {
    const endpoint = process.env['AWS_ENDPOINT_URL'] ?? '';
    const between = createServer(async (request, response) => {
      response.setHeader('Content-Type', 'application/x-amz-json-1.1');
      const target = String(request.headers['x-amz-target']);
      if (calls.test(target)) return response.writeHead(400).end(JSON.stringify({ __type: type }));
      const headers = { 'X-Amz-Target': target, Authorization: String(request.headers.authorization) };
      const answer = await fetch(endpoint, { method: 'POST', headers, body: await text(request) });
      return response.writeHead(answer.status).end(await answer.text());
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(between.address() as AddressInfo).port}`;
    try {
      await work();
    } finally {
      process.env['AWS_ENDPOINT_URL'] = endpoint;
      between.closeAllConnections();
      between.close();
    }
  }

  async function putImage(repositoryName: string): Promise<void> {
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType, config: {}, layers: [] });
    await ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageTag: '1' }));
  }

  test('an image is looked up by its tag', async () => {
    assert.deepEqual(await registry.hasImage(image, signal), { outcome: 'no', message: 'has no `zenml-runner:1`' });
    await putImage('zenml-runner');
    assert.deepEqual(await registry.hasImage(image, signal), { outcome: 'yes' });
  });

  test('a builder gets the token as Docker has it', async () => {
    const credentials = await registry.builderCredentials(image, signal);
    assert.equal(credentials?.kind, 'docker config');
    const found = parseDockerConfig(credentials.json).find(registryName, 'zenml-runner');
    assert.deepEqual(found, { username: 'AWS', password: '123456789012-auth-token' });
  });

  test('a cloud that does not answer is unreachable; nothing is built then', async () => {
    const endpoint = process.env['AWS_ENDPOINT_URL'];
    process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${await freePort()}`;
    try {
      const gone = createEcrRegistry({ others, log: pino({ level: 'silent' }) });
      assert.equal((await gone.hasImage(image, signal)).outcome, 'unreachable');
    } finally {
      process.env['AWS_ENDPOINT_URL'] = endpoint;
    }
  });

  /** Lets the server find its credentials by these variables alone. */
  async function withIdentity(identity: Record<string, string>, work: () => Promise<void>): Promise<void> {
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
    const found = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) delete process.env[name];
    Object.assign(process.env, identity);
    try {
      await work();
    } finally {
      for (const name of Object.keys(identity)) delete process.env[name];
      for (const [name, value] of found) process.env[name] = value;
    }
  }

  test('a server without credentials is told so', () =>
    withIdentity({ AWS_SHARED_CREDENTIALS_FILE: '/nowhere', AWS_CONFIG_FILE: '/nowhere' }, async () => {
      const unknown = createEcrRegistry({ others, log: pino({ level: 'silent' }) });
      const message = 'cannot be asked: the server has no credentials of AWS';
      assert.deepEqual(await unknown.mayPush(image, signal), { outcome: 'refused', message });
      await assert.rejects(unknown.builderCredentials(image, signal), { name: 'Error' });
    }));

  test('a server gets the credentials of its role from the agent of EKS Pod Identity', async () => {
    const asked: (string | undefined)[] = [];
    const agent = createServer(({ headers }, response) => {
      asked.push(headers.authorization);
      const given = { AccessKeyId: 'ASIA', SecretAccessKey: 's', Token: 't', Expiration: '2100-01-01T00:00:00Z' };
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(given));
    });
    await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
    const token = join(directory, 'pod-identity-token');
    writeFileSync(token, 'token-of-service-account');
    const identity = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${(agent.address() as AddressInfo).port}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: token,
    };
    try {
      await withIdentity(identity, async () => {
        const known = createEcrRegistry({ others, log: pino({ level: 'silent' }) });
        assert.equal((await known.builderCredentials(image, signal))?.kind, 'docker config');
        assert.deepEqual(asked, ['token-of-service-account']);
      });
    } finally {
      agent.closeAllConnections();
      agent.close();
    }
  });

  test('a server gets the credentials of its role for the token of its service account (IRSA)', async () => {
    const token = join(directory, 'web-identity-token');
    writeFileSync(token, 'token-of-service-account');
    const identity = {
      AWS_WEB_IDENTITY_TOKEN_FILE: token,
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/zenml-server',
      AWS_REGION: 'eu-central-1',
    };
    await withIdentity(identity, async () => {
      const known = createEcrRegistry({ others, log: pino({ level: 'silent' }) });
      assert.equal((await known.builderCredentials(image, signal))?.kind, 'docker config');
      // What is signed for EKS names the session of the role.
      const signed = await createEksToken(new STSClient(), 'production');
      const url = Buffer.from(signed.replace('k8s-aws-v1.', ''), 'base64url').toString('utf8');
      assert.ok(new URL(url).searchParams.get('X-Amz-Security-Token'));
    });
  });

  test('a role that may not is refused for good', () =>
    withFailing(/./, 'AccessDeniedException', async () => {
      const denied = createEcrRegistry({ others, log: pino({ level: 'silent' }) });
      const message = 'refuses the server’s role (AccessDeniedException)';
      assert.deepEqual(await denied.hasImage(image, signal), { outcome: 'refused', message });
      await assert.rejects(denied.builderCredentials(image, signal), { name: 'WorkloadError' });
    }));

  test('a cluster of EKS is found by its name', async () => {
    const eks = new EKSClient({ region: 'eu-central-1' });
    const roleArn = 'arn:aws:iam::123456789012:role/eks';
    const resourcesVpcConfig = { subnetIds: [] };
    const { cluster } = await eks.send(new CreateClusterCommand({ name: 'production', roleArn, resourcesVpcConfig }));
    const found = await createEksSearch('production', 'eu-central-1')();
    assert.equal(found.server, cluster?.endpoint);
    assert.equal(found.certificateAuthority, cluster?.certificateAuthority?.data);
    assert.match(await found.getToken(), /^k8s-aws-v1\./);
    await assert.rejects(createEksSearch('nowhere', 'eu-central-1')(), {
      name: 'NoClusterError',
      message: /^The cluster `nowhere` of EKS cannot be found \(eks:DescribeCluster\): ResourceNotFoundException: /,
    });
  });

  test('images of other registries are looked up as everywhere', async () => {
    const open = await startRegistry();
    try {
      await pushEmptyImage(`${open.name}/a:1`);
      assert.equal((await registry.hasImage(imageOf(`${open.name}/a:1`), signal)).outcome, 'yes');
      assert.equal(await registry.builderCredentials(imageOf(`${open.name}/a:1`), signal), undefined);
    } finally {
      await open.stop();
    }
  });
});

/** With the project, for which Google's library would ask `gcloud`. */
function googleEnvironment({ host }: MetadataServer): Record<string, string> {
  return { GCE_METADATA_HOST: host, METADATA_SERVER_DETECTION: 'assume-present', GOOGLE_CLOUD_PROJECT: 'p' };
}

describe('Artifact Registry', () => {
  test('is known by its names, and by those of the Container Registry', () => {
    const names = ['europe-west3-docker.pkg.dev', 'gcr.io', 'eu.gcr.io'];
    assert.deepEqual(names.map(isGoogleRegistry), [true, true, true]);
    assert.deepEqual(['gcr.io.example', 'evil-docker.pkg.dev.example', 'docker.io'].map(isGoogleRegistry), [
      false,
      false,
      false,
    ]);
  });

  test('is asked with a token of the metadata server', async () => {
    const metadata = await startMetadataServer('127.0.0.1');
    const closed = await startRegistry({ username: 'oauth2accesstoken', password: metadata.token });
    const environment = googleEnvironment(metadata);
    Object.assign(process.env, environment);
    try {
      const getToken = createGoogleTokens();
      const findCredentials = async () => ({ username: 'oauth2accesstoken', password: await getToken() });
      const google = createRegistryClient({ findCredentials });
      const isGoogle = (name: string) => name === closed.name;
      const registry = createGoogleRegistry({ others, google, pullSecret: undefined, isGoogle });
      const image = imageOf(`${closed.name}/project/repository/zenml-runner:1`);
      assert.equal((await registry.hasImage(image, signal)).outcome, 'no');
      assert.deepEqual(await registry.mayPush(image, signal), { outcome: 'yes' });
      const credentials = { kind: 'google identity', registry: closed.name };
      assert.deepEqual(await registry.builderCredentials(image, signal), credentials);
      const withSecret = createGoogleRegistry({ others, google, pullSecret: 'mine', isGoogle });
      assert.equal((await withSecret.hasImage(image, signal)).outcome, 'refused');
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name];
      await closed.stop();
      await metadata.stop();
    }
  });

  // Builders push as their own account: the server's needs no right to.
  test('takes a server that may only look images up', async () => {
    const tokens = await startTokenServer('reader', 'secret', ['pull']);
    const closed = await startRegistry(tokens);
    try {
      const google = createRegistryClient({
        findCredentials: async () => ({ username: 'reader', password: 'secret' }),
      });
      const isGoogle = (name: string) => name === closed.name;
      const image = imageOf(`${closed.name}/project/repository/zenml-runner:1`);
      assert.equal((await google.mayPush(image)).outcome, 'refused');
      const registry = createGoogleRegistry({ others, google, pullSecret: undefined, isGoogle });
      assert.equal((await registry.mayPush(image, signal)).outcome, 'yes');
      const stranger = createRegistryClient({ findCredentials: async () => ({ username: 'nobody', password: '' }) });
      const strange = createGoogleRegistry({ others, google: stranger, pullSecret: undefined, isGoogle });
      assert.equal((await strange.mayPush(image, signal)).outcome, 'refused');
    } finally {
      await closed.stop();
      await tokens.stop();
    }
  });
});

test('a cluster of GKE is found by its name, with the token that it is asked with, too', async () => {
  const metadata = await startMetadataServer('127.0.0.1');
  const folder = 'projects/p/locations/europe-west3/clusters';
  const masterAuth = { clusterCaCertificate: 'Y2E=' };
  const dnsEndpointConfig = { endpoint: 'gke-1.europe-west3.gke.goog', allowExternalTraffic: true };
  const byName = { dnsEndpointConfig, ipEndpointsConfig: { enabled: false } };
  const closed = { dnsEndpointConfig: { ...dnsEndpointConfig, allowExternalTraffic: false } };
  const clusters: Record<string, object> = {
    production: { endpoint: '203.0.113.7', masterAuth, controlPlaneEndpointsConfig: { dnsEndpointConfig } },
    private: { endpoint: dnsEndpointConfig.endpoint, masterAuth, controlPlaneEndpointsConfig: { dnsEndpointConfig } },
    hidden: { endpoint: '10.0.0.2', masterAuth, controlPlaneEndpointsConfig: byName },
    closed: { masterAuth, controlPlaneEndpointsConfig: closed },
    new: { status: 'PROVISIONING' },
  };
  // Google's API, as far as these clusters go.
  const api = createServer((request, response) => {
    const isAllowed = request.headers.authorization === `Bearer ${metadata.token}`;
    const cluster = clusters[request.url?.replace(`/v1/${folder}/`, '') ?? ''];
    if (!isAllowed || !cluster) return response.writeHead(isAllowed ? 404 : 401).end();
    return response.end(JSON.stringify(cluster));
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const environment = {
    ...googleEnvironment(metadata),
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER: `http://127.0.0.1:${(api.address() as AddressInfo).port}/`,
  };
  Object.assign(process.env, environment);
  const find = (name: string) => createGkeSearch(`${folder}/${name}`)();
  try {
    const { server, certificateAuthority, getToken } = await find('production');
    assert.deepEqual([server, certificateAuthority], ['https://203.0.113.7', 'Y2E=']);
    assert.equal(await getToken(), metadata.token);
    // RoleBindings name accounts by their e-mail addresses.
    assert.ok(metadata.scopes().includes('https://www.googleapis.com/auth/userinfo.email'));
    for (const name of ['private', 'hidden']) {
      const found = await find(name);
      assert.deepEqual([found.server, found.certificateAuthority], ['https://gke-1.europe-west3.gke.goog', undefined]);
    }
    for (const [name, reason] of [
      ['gone', 'status 404'],
      ['new', 'it has no address yet'],
      ['closed', 'its DNS endpoint takes no external traffic'],
    ] as const) {
      const message = `The cluster \`${folder}/${name}\` of GKE cannot be found (container.clusters.get): ${reason}`;
      await assert.rejects(find(name), { name: 'NoClusterError', message });
    }
  } finally {
    for (const key of Object.keys(environment)) delete process.env[key];
    api.closeAllConnections();
    api.close();
    await metadata.stop();
  }
});
