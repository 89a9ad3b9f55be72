/**
 * Calls a function twice, to see whether it gives the same both times. During the second call, the clock is some years
 * ahead: a time of day, of any resolution, shows as a difference.
 */
export function calledTwice<T>(call: () => T): readonly [T, T] {
  const first = call();
  const { Date: clock } = globalThis;
  globalThis.Date = ahead(clock);
  try {
    return [first, call()];
  } finally {
    globalThis.Date = clock;
  }
}

/** Each field of a time differs: year, month, day, hour, minute, second and millisecond. */
const aheadMs = Date.UTC(1980, 6, 15, 11, 27, 33, 519);

function ahead(clock: DateConstructor): DateConstructor {
  const now = (): number => clock.now() + aheadMs;
  return new Proxy(clock, {
    construct: (target, given: unknown[]) =>
      given.length === 0 ? new target(now()) : (Reflect.construct(target, given) as Date),
    apply: () => new clock(now()).toString(),
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  });
}
