import { formatDuration, parseDuration } from './durations.ts';

describe('durations', () => {
  test.each([
    ['PT0S', 0],
    ['PT1H', 3_600],
    ['P1DT2H3M4.5S', 93_784.5],
    ['-PT30S', -30],
    ['P2D', 172_800],
  ])('%s is %d seconds, both ways', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
    expect(formatDuration(seconds)).toBe(text);
  });

  test('a number is seconds', () => {
    expect(parseDuration(90)).toBe(90);
  });

  test.each(['', 'P', 'PT', '1h', 'PT1X'])('%j is refused', (text) => {
    expect(() => parseDuration(text)).toThrow('not a valid duration');
  });
});
