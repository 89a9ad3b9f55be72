/**
 * Keeps a consumer from writing once the store has refused a write because another consumer has claimed the partition.
 * Either the group has reassigned the partition, and this consumer will learn that; or the other consumer has claimed
 * too late a partition that it no longer owns. In that case the group goes on confirming this consumer's assignment,
 * and this consumer may claim the partition again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { unavailableError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';

const pollMs = 50;
/** The first confirmation may answer a heartbeat that was sent before the refusal. */
const confirmationsToBelieve = 2;
/** So often the store refuses this consumer, although the group has confirmed it, before it gives up. */
const refusalsMin = 3;

export class Fence {
  readonly #timeoutMs: number;
  /** When the assignment has this many confirmations, at least one was given after the refusal. */
  #confirmationsMin: number | undefined;
  /** Runs from the first refusal until something is stored. */
  #refused: Deadline | undefined;
  #refusals = 0;

  /** `timeoutMs`: for how long the store may refuse all writes of a consumer that the group goes on confirming. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Whether nothing may be written. */
  get isUp(): boolean {
    return this.#confirmationsMin !== undefined;
  }

  /** `confirmations`: how many the assignment has had so far. */
  raise(confirmations: number): void {
    this.#confirmationsMin = confirmations + confirmationsToBelieve;
    this.#refused ??= new Deadline(this.#timeoutMs);
    this.#refusals += 1;
  }

  /** To be called when the partitions were claimed, again or for a new assignment. */
  lift(): void {
    this.#confirmationsMin = undefined;
  }

  /** To be called when a write has gone through, or the group has reassigned. */
  forget(): void {
    this.#refused = undefined;
    this.#refusals = 0;
  }

  /**
   * Waits a little if the group has not confirmed the owner yet: a rebalance can take longer than a session, while a
   * member does not answer. Throws `unavailable` if the store goes on refusing a consumer that the group confirms.
   */
  async isUpAfter(confirmations: number, signal: AbortSignal): Promise<boolean> {
    if (this.#confirmationsMin === undefined) return false;
    if (confirmations < this.#confirmationsMin) {
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
      return true;
    }
    if (this.#refusals < refusalsMin || this.#refused?.hasPassed !== true) return false;
    throw unavailableError(
      `Another consumer has taken over, and nothing could be stored for ${this.#timeoutMs} ms.`,
      { hint: 'Check whether a consumer of this run writes to the store without being in the group.' },
    );
  }
}
