import { loadConfig } from '../../config/config.ts';
import { diagnoseSettings } from './server-settings.ts';

const problemsWith = (variables: Record<string, string>) => {
  const config = loadConfig({ ZENML_STORE_URL: 'mysql://unused:unused@127.0.0.1/nothing', ...variables });
  return diagnoseSettings(config).map(({ severity, problem }) => [severity, problem.split(' ')[0]]);
};

test('runners need an address of the server, and tokens that outlive a restart', () => {
  const address = { ZENML_SERVER_SERVER_URL: 'https://zenml.example' };
  const key = { ZENML_SERVER_JWT_SECRET_KEY: 'k'.repeat(32) };
  expect(problemsWith({})).toEqual([
    ['error', 'ZENML_SERVER_SERVER_URL'],
    ['warning', 'ZENML_SERVER_JWT_SECRET_KEY'],
  ]);
  expect(problemsWith(address)).toEqual([['warning', 'ZENML_SERVER_JWT_SECRET_KEY']]);
  expect(problemsWith({ ...address, ...key })).toEqual([]);
});
