/**
 * Lets this process's clock differ from the database's, as that of another machine may. Timers go on as before.
 * @returns sets it right
 */
export function shiftClock(minutes: number): () => void {
  const RightDate = globalThis.Date;
  const now = () => RightDate.now() + minutes * 60_000;
  globalThis.Date = new Proxy(RightDate, {
    construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    apply: () => new RightDate(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });
  return () => {
    globalThis.Date = RightDate;
  };
}
