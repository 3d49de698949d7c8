import { findShortages } from './quota-check.ts';
import type { JobSettings } from './settings.ts';

const RESOURCES = { requests: { cpu: '100m' }, limits: { cpu: '1', memory: '700Mi' } };

type Amounts = Readonly<Record<string, string>>;

const shortages = (hard: Amounts, used: Amounts, podResources: JobSettings['podResources']) =>
  findShortages({ metadata: { name: 'team' }, spec: { hard }, status: { used } }, { podResources }).map(
    ({ severity, problem }) => `${severity}: ${problem}`,
  );

test.each<[string, Amounts, Amounts, string[]]>([
  [
    'no pod',
    { pods: '0' },
    {},
    ['error: The quota team takes no pod of a runner: pods 0, of which 0 used, and 1 needed.'],
  ],
  [
    'too little memory',
    { 'limits.memory': '512Mi' },
    { 'limits.memory': '0' },
    ['error: The quota team takes no pod of a runner: limits.memory 512Mi, of which 0 used, and 700Mi needed.'],
  ],
  [
    'too little memory besides what others use',
    { memory: '1Gi' },
    { memory: '512Mi' },
    ['warning: The quota team takes no pod of a runner: memory 1Gi, of which 512Mi used, and 700Mi needed.'],
  ],
  ['all that is left', { 'requests.cpu': '300m', pods: '3' }, { 'requests.cpu': '200m', pods: '2' }, []],
  ['what a runner does not ask for', { 'requests.nvidia.com/gpu': '0', 'count/jobs.batch': '0' }, {}, []],
])('a quota that leaves %s', (_what, hard, used, expected) => {
  expect(shortages(hard, used, RESOURCES)).toEqual(expected);
});

test('a runner without resources takes a pod alone', () => {
  expect(shortages({ cpu: '0', 'count/pods': '5' }, { 'count/pods': '5' }, undefined)).toEqual([
    'warning: The quota team takes no pod of a runner: count/pods 5, of which 5 used, and 1 needed.',
  ]);
});

test('one of certain pods only is left to the API server', () => {
  const spec = { hard: { pods: '0' }, scopes: ['BestEffort'] };
  expect(findShortages({ metadata: { name: 'team' }, spec }, { podResources: undefined })).toEqual([]);
});
