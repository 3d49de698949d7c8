/** Seconds as a person reads them: `0.4 s`, `12 s`, `2 min 5 s`. */
export function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Says what is being done before it starts, and how long it took once it is done. */
export async function withProgress(text, work) {
  const started = Date.now();
  console.log(`${text} …`);
  const result = await work();
  console.log(`${text}: done in ${duration(Date.now() - started)}`);
  return result;
}
