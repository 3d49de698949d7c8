/**
 * Runs jobs side by side while there are cores for them, in the order given; one that wants more than there are runs
 * alone. A job must not throw.
 * @param {{cores: number, run: () => Promise<void>}[]} jobs
 * @param {number} cores
 */
export async function runSideBySide(jobs, cores) {
  const waiting = [...jobs];
  const running = new Set();
  let busy = 0;
  const start = (job) => {
    const taken = Math.min(job.cores, cores);
    busy += taken;
    const done = job.run().finally(() => {
      busy -= taken;
      running.delete(done);
    });
    running.add(done);
  };
  while (waiting.length > 0 || running.size > 0) {
    for (;;) {
      const next = waiting.findIndex((job) => busy + Math.min(job.cores, cores) <= cores);
      if (next < 0) break;
      start(...waiting.splice(next, 1));
    }
    await Promise.race(running);
  }
}
