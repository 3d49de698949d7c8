/** Seconds as a person reads them: `0.4 s`, `12 s`, `2 min 5 s`. */
export function duration(milliseconds) {
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Says what is being done before it starts, and how long it took once it is done. */
export async function withProgress(text, work) {
  const started = Date.now();
  console.log(`${text} …`);
  const result = await work();
  console.log(`${text}: done in ${duration(Date.now() - started)}`);
  return result;
}
