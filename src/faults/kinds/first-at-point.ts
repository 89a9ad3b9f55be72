import type { StageVictim } from '../fault.ts';

/** Waits for the first running stage to reach a point, where it stays; the others go on. Throws if none runs. */
export async function firstAtPoint(
  stages: readonly StageVictim[],
  point: string,
  signal: AbortSignal,
): Promise<StageVictim> {
  const running = stages.filter(({ pid }) => pid !== undefined);
  if (running.length === 0) throw new Error('no process was at work that could reach the point');
  const found = new AbortController();
  const untilFound = AbortSignal.any([signal, found.signal]);
  const arrivals = running.map(async (stage) => {
    await stage.untilAt(point, untilFound);
    return stage;
  });
  try {
    const first = await Promise.any(arrivals);
    found.abort();
    for (const arrival of await Promise.allSettled(arrivals)) {
      // If two arrive at once, one is enough.
      if (arrival.status === 'fulfilled' && arrival.value !== first) arrival.value.goOn();
    }
    return first;
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}
