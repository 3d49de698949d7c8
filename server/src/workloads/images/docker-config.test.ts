import { formatDockerConfig, parseDockerConfig } from './docker-config.ts';

const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });

test('credentials are found by host, by the longest path and by pattern', () => {
  const config = parseDockerConfig(
    JSON.stringify({
      auths: {
        'https://index.docker.io/v1/': auth('hub:a:b'),
        'registry.example:5000': { username: 'all', password: '1' },
        'registry.example:5000/team': { username: 'team', password: '2' },
        '*.dkr.ecr.eu-central-1.amazonaws.com': auth('AWS:token'),
        'tokens.example': { ...auth('x:'), identitytoken: 'refresh' },
      },
      credsStore: 'desktop',
    }),
  );
  expect(config.find('docker.io', 'me/it')).toEqual({ username: 'hub', password: 'a:b' });
  expect(config.find('registry.example:5000', 'team/x')).toMatchObject({ username: 'team' });
  expect(config.find('registry.example:5000', 'teams/x')).toMatchObject({ username: 'all' });
  expect(config.find('1.dkr.ecr.eu-central-1.amazonaws.com', 'x')).toMatchObject({ password: 'token' });
  expect(config.find('tokens.example', 'x')).toEqual({ identityToken: 'refresh' });
  expect(config.find('registry.example', 'x')).toBeUndefined();
});

test('the older format is read, and what is written', () => {
  expect(parseDockerConfig(JSON.stringify({ 'r.example': auth('a:b') })).find('r.example', 'x')).toBeDefined();
  const config = parseDockerConfig(formatDockerConfig('r.example', 'me', 'pass:word'));
  expect(config.find('r.example', 'x')).toEqual({ username: 'me', password: 'pass:word' });
});

test.each(['', '[]', '{"auths": 1}', '{"auths": {"x": "secret"}}', 'secret'])(
  '%p is refused without being quoted',
  (json) => {
    expect(() => parseDockerConfig(json)).toThrow(/^it is no Docker configuration: JSON with `auths` is expected$/);
  },
);
