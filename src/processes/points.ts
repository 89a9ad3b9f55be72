/** The points of its work that a process tells on standard output: `{"type":"point","name":"after-commit"}`. */

import type { WantedLines } from './output-lines.ts';

export class Points {
  readonly #waiting = new Set<{ point: string; onTold: () => void }>();

  /** The lines of standard output that it is to hear. */
  get wanted(): WantedLines {
    return this.#waiting.size === 0 ? 'none' : { containing: '"point"' };
  }

  hear(line: string): void {
    const told = pointIn(line);
    for (const { point, onTold } of this.#waiting) if (point === told) onTold();
  }

  /** Settles when the point is told for the next time. Throws with a sentence when aborted. */
  async untilTold(name: string, point: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { point, onTold: resolve };
    const onAbort = (): void => reject(new Error(`${name} never told the point ${point}`));
    this.#waiting.add(waiting);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#waiting.delete(waiting);
    }
  }
}

/** undefined if the line tells none. */
function pointIn(line: string): string | undefined {
  try {
    const told = JSON.parse(line) as { type?: unknown; name?: unknown } | null;
    return told?.type === 'point' && typeof told.name === 'string' ? told.name : undefined;
  } catch {
    // A line that is no JSON belongs to the log of the process.
    return undefined;
  }
}
