import { STSClient } from '@aws-sdk/client-sts';
import { createEksToken } from './eks-cluster.ts';

// As botocore 1.43 signs it, with which `aws eks get-token` does.
test.each([
  [
    'eu-central-1',
    'sts.eu-central-1.amazonaws.com',
    'a951575585e92de369e3b303a55a9c03acf5d7ac20ff4cdee10773377a14c89e',
  ],
  ['cn-north-1', 'sts.cn-north-1.amazonaws.com.cn', '1b46212b2df73741e57f70fe1685451e2288563def1ac06288ad2f4d4c20c8b3'],
])('a token of EKS in %s is a question to STS that only its role can have signed', async (region, host, signature) => {
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'abc/def+ghi', sessionToken: 'tok+en/with==' };
  const sts = new STSClient({ region, credentials });
  const token = await createEksToken(sts, 'production', new Date('2026-01-31T08:15:00Z'));
  expect(token).toMatch(/^k8s-aws-v1\.[\w-]+$/);
  const url = new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString('utf8'));
  expect([url.origin, url.pathname]).toEqual([`https://${host}`, '/']);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    Action: 'GetCallerIdentity',
    Version: '2011-06-15',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `AKIAEXAMPLE/20260131/${region}/sts/aws4_request`,
    'X-Amz-Date': '20260131T081500Z',
    'X-Amz-Expires': '60',
    'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
    'X-Amz-Security-Token': 'tok+en/with==',
    'X-Amz-Signature': signature,
  });
});
