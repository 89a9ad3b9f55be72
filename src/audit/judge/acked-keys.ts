import { untold, type Messages } from '../evidence.ts';
import type { Partition } from './partitions.ts';

/** What acks say about keys: in a compacted partition, the last of a key may have removed the others. */
export class AckedKeys {
  /** Keys of tombstones that may be anywhere. */
  readonly tombstonesAnywhere = new Set<number>();
  readonly #messages: Messages;

  constructor(messages: Messages) {
    this.#messages = messages;
  }

  /** For an attempt that may have succeeded, and whose place is not known. */
  noteAnywhere(message: number): void {
    if (this.#isTombstone(message)) this.tombstonesAnywhere.add(this.#keyOf(message));
  }

  noteAt(message: number, { range, lastAckOfKey }: Partition, offset: number): void {
    if (range?.compacted !== true) return;
    const key = this.#keyOf(message);
    if (key === untold || (lastAckOfKey.get(key)?.offset ?? -1) >= offset) return;
    lastAckOfKey.set(key, { offset, isTombstone: this.#isTombstone(message) });
  }

  #keyOf = (message: number): number => this.#messages.expectedKey?.(message) ?? untold;

  #isTombstone = (message: number): boolean => this.#messages.isTombstone?.(message) === true;
}
