/**
 * Toxics: the ways in which a proxy disturbs one direction of its connections. They have the names that Toxiproxy
 * uses. A toxic gets each piece of data in order, and can hold it back. It counts its effects: a toxic through which
 * no data passed has had no effect.
 */
import { pauseUnless, untilAborted } from '../../system/deadline.ts';
import { counted, were } from '../../text/counted.ts';

export interface Piece {
  bytes: Buffer;
  /** A time of `performance.now()`. */
  arrivedAtMs: number;
}

export interface Toxic {
  /** Settles when the piece may go on. `gone` is aborted if the connection is over or the toxic was removed. */
  pass(piece: Piece, gone: AbortSignal): Promise<void>;
  /** Settles when the other side may learn of the stream's end. */
  passEnd?(gone: AbortSignal): Promise<void>;
  /** The effect so far, in a sentence; undefined if there was none. */
  effect(): string | undefined;
}

/**
 * Blocks all data until the toxic is removed; then passes it on in order. It does not drop data, because a network
 * that was cut sends the pending data again once it is mended.
 */
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

/** Delays each piece by `latencyMs`, plus or minus up to `jitterMs`. */
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

/** Limits each connection to `bytesPerSecond`. */
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

/** Delays the end of each stream. */
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
