import { geometricMean } from './measure.ts';

/** What a run of the benchmark has seen. */
export interface Figures {
  /** This server's rate over the reference's, for each scenario. */
  readonly ratios: readonly number[];
  /** Than a bare handler with the same SQL. */
  readonly percentSlower: number;
  /** `undefined` where the system does not tell. */
  readonly residentMegabytes: number | undefined;
  readonly startSeconds: number;
  /** Scenarios that both servers answered differently. */
  readonly different: readonly string[];
}

/** The goals that were missed, in words. */
export function missedGoals({ ratios, percentSlower, residentMegabytes, startSeconds, different }: Figures): string[] {
  const mean = geometricMean(ratios);
  const least = Math.min(...ratios);
  const goals: [boolean, string][] = [
    [different.length === 0, `both servers answer differently: ${different.join(', ')}`],
    [mean >= 25, `a geometric mean of ${mean.toFixed(1)} times the reference, not 25`],
    [least >= 10, `one scenario at ${least.toFixed(1)} times the reference, not 10`],
    [percentSlower <= 35, `${percentSlower}% slower than a bare handler, more than 35%`],
    [residentMegabytes === undefined || residentMegabytes <= 200, `${residentMegabytes?.toFixed(0)} MB, more than 200`],
    [startSeconds <= 1.5, `first healthy answer after ${startSeconds.toFixed(2)} s, more than 1.5`],
  ];
  return goals.filter(([met]) => !met).map(([, words]) => words);
}
