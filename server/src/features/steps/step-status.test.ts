import type { ExecutionStatus } from '../runs/run-status.ts';
import { checkStepTransition, stepStatusAfter } from './step-status.ts';

describe('checkStepTransition', () => {
  test.each<[ExecutionStatus | undefined, ExecutionStatus]>([
    [undefined, 'running'],
    ['running', 'completed'],
    ['stopping', 'stopped'],
    ['stopping', 'failed'],
    ['cancelling', 'cancelled'],
  ])('lets a step go from %s to %s', (current, next) => {
    expect(() => checkStepTransition(current, next)).not.toThrow();
  });

  test.each<[ExecutionStatus | undefined, ExecutionStatus]>([
    [undefined, 'retrying'],
    ['running', 'queued'],
    ['completed', 'failed'],
    ['stopping', 'completed'],
    ['cancelling', 'stopped'],
  ])('refuses %s to %s', (current, next) => {
    expect(() => checkStepTransition(current, next)).toThrow();
  });
});

describe('stepStatusAfter', () => {
  const step = { current: 'running', requested: 'failed', isRetriable: true, runStatus: 'running' } as const;

  test.each([
    ['a retriable step is tried again', step, 'retrying'],
    ['a step without tries left has failed', { ...step, isRetriable: false }, 'failed'],
    ['nothing is tried again while the run stops', { ...step, runStatus: 'stopping' as const }, 'failed'],
    ['a stopping step that fails is stopped', { ...step, current: 'stopping' as const, isRetriable: false }, 'stopped'],
    ['success stays success', { ...step, requested: 'completed' as const }, 'completed'],
  ])('%s', (_title, outcome, expected) => {
    expect(stepStatusAfter(outcome)).toBe(expected);
  });
});
