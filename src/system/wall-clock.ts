/** Milliseconds since the epoch, with fractions. Unlike `Date.now()`, it never jumps while a process lives. */
export const wallClockMs = (): number => performance.timeOrigin + performance.now();
