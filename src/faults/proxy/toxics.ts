/**
 * What a proxy does to one direction of its connections, under the names that Toxiproxy has for it. A toxic sees
 * each piece of data before it goes on, in order, and holds it back for as long as it pleases. What it did is
 * counted: a toxic that nothing passed has had no effect.
 */
import { pauseUnless, untilAborted } from '../../system/deadline.ts';
import { counted, were } from '../../text/counted.ts';

export interface Piece {
  bytes: Buffer;
  /** By `performance.now()`. */
  arrivedAtMs: number;
}

export interface Toxic {
  /** Settles when the piece may go on. `gone` says that its connection is over or the toxic was taken away. */
  pass(piece: Piece, gone: AbortSignal): Promise<void>;
  /** Settles when the end of the stream may be told. */
  passEnd?(gone: AbortSignal): Promise<void>;
  /** What it has done so far, in a sentence; undefined for nothing. */
  effect(): string | undefined;
}

/** Nothing gets through until it is taken away; then all does, in order. */
export function cut(): Toxic {
  let heldBytes = 0;
  return {
    pass: async ({ bytes }, gone) => {
      heldBytes += bytes.length;
      await untilAborted(gone);
    },
    effect: () =>
      heldBytes === 0 ? undefined : `${counted(heldBytes, 'byte')} ${were(heldBytes)} held back`,
  };
}

/** Each piece arrives later, by a time that varies by up to `jitterMs` either way. */
export function latency(latencyMs: number, jitterMs: number, random: () => number): Toxic {
  let pieces = 0;
  return {
    pass: async ({ arrivedAtMs }, gone) => {
      pieces += 1;
      const delayMs = latencyMs + jitterMs * (2 * random() - 1);
      await pauseUnless(gone, arrivedAtMs + delayMs - performance.now());
    },
    effect: () =>
      pieces === 0 ? undefined : `${counted(pieces, 'piece')} of data came ${latencyMs}±${jitterMs} ms later`,
  };
}

/** At most so many bytes a second, in each connection. */
export function bandwidth(bytesPerSecond: number): Toxic {
  let passedBytes = 0;
  let waitedMs = 0;
  return {
    pass: async ({ bytes }, gone) => {
      const ms = (bytes.length / bytesPerSecond) * 1_000;
      passedBytes += bytes.length;
      waitedMs += ms;
      await pauseUnless(gone, ms);
    },
    effect: () =>
      passedBytes === 0
        ? undefined
        : `${counted(passedBytes, 'byte')} took ${Math.round(waitedMs)} ms to pass`,
  };
}

/** The end of a stream is told late. */
export function slowClose(delayMs: number): Toxic {
  let ends = 0;
  return {
    pass: async () => {},
    passEnd: async (gone) => {
      ends += 1;
      await pauseUnless(gone, delayMs);
    },
    effect: () =>
      ends === 0 ? undefined : `${counted(ends, 'connection')} ${were(ends)} closed ${delayMs} ms late`,
  };
}
