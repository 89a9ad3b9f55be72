import type { MadeMessage } from './config.ts';

/** A message, ready to be handed over. */
export interface OutgoingMessage {
  id: string;
  /** From 0. */
  sequence: number;
  key: Uint8Array | null;
  headers: readonly (readonly [name: string, value: Uint8Array])[];
  value: Uint8Array | null;
  /** The value as it was made, for sources that take no bytes. */
  document: unknown;
}

/** Together with what `make` gave, for the expectation. */
export interface PreparedMessage extends OutgoingMessage {
  made: MadeMessage;
}
