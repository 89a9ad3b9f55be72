import type { Victim } from '../fault.ts';

interface WithPoints extends Victim {
  untilAt(point: string, signal: AbortSignal): Promise<void>;
  goOn?(): void;
}

/** Waits for the first running process to reach a point, where a stage stays; the others go on. Throws if none runs. */
export async function firstAtPoint<V extends WithPoints>(
  stages: readonly V[],
  point: string,
  signal: AbortSignal,
): Promise<V> {
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
      if (arrival.status === 'fulfilled' && arrival.value !== first) arrival.value.goOn?.();
    }
    return first;
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}
