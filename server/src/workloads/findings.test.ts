import { findAll } from './findings.ts';
import type { Finding } from './manager.ts';

const finding = (severity: Finding['severity'], problem: string): Finding => ({ severity, problem, fix: 'Mend it.' });
const find = (...findings: Finding[]) => Promise.resolve(findings);

test('what several find is told once, and what one of them takes for an error is one', async () => {
  const findings = await findAll([
    () => find(finding('error', 'no image')),
    () => find(finding('warning', 'no image'), finding('warning', 'no events')),
    () => find(finding('error', 'no events')),
  ]);
  expect(findings).toEqual([finding('error', 'no image'), finding('error', 'no events')]);
});

test('a check that fails is a finding, and hides none', async () => {
  const findings = await findAll([() => Promise.reject(new Error('odd')), () => find(finding('warning', 'no events'))]);
  expect(findings).toEqual([
    { severity: 'error', problem: 'Whether runs can be started is not known: odd.', fix: 'It is asked again.' },
    finding('warning', 'no events'),
  ]);
});
