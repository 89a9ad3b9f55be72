/**
 * What a consumer does once the store has refused a write, because another one has claimed the partition. Either the
 * group has reassigned it, and this one will hear of that; or the other has claimed late what was its own before.
 * In that case the group goes on to confirm that it is ours, and it may be claimed again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { unavailableError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';

const pollMs = 50;
/** The first may answer what was asked before the store refused. */
const confirmationsToBelieve = 2;

export class Fence {
  readonly #timeoutMs: number;
  /** With so many confirmations of the assignment one was given after the refusal. */
  #confirmationsMin: number | undefined;
  /** Runs from the first refusal until something is stored. */
  #refused: Deadline | undefined;

  /** `timeoutMs`: for how long the store may refuse whatever is written. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Nothing is to be written. */
  get isUp(): boolean {
    return this.#confirmationsMin !== undefined;
  }

  /** `confirmations`: those that the assignment has had so far. */
  raise(confirmations: number): void {
    this.#confirmationsMin = confirmations + confirmationsToBelieve;
    this.#refused ??= new Deadline(this.#timeoutMs);
  }

  /** The partitions were claimed, again or by another assignment. */
  lift(): void {
    this.#confirmationsMin = undefined;
  }

  /** A write went through, or the group has reassigned. */
  forget(): void {
    this.#refused = undefined;
  }

  /** Waits a little while the group has not said whose the partitions are. Throws `unavailable` when time is up. */
  async isUpAfter(confirmations: number, signal: AbortSignal): Promise<boolean> {
    if (this.#confirmationsMin === undefined) return false;
    if (this.#refused?.hasPassed === true) {
      throw unavailableError(
        `Another consumer has taken over, and nothing could be stored for ${this.#timeoutMs} ms.`,
        { hint: 'Does a consumer of this run write to the store from outside of the group?' },
      );
    }
    if (confirmations >= this.#confirmationsMin) return false;
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    return true;
  }
}
