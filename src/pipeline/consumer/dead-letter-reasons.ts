import type { CommonReason } from '../stage/stage.ts';

/** Reasons may hold texts of the messages: later ones are not counted. */
const reasonsMax = 1_000;

/** Counts the reasons of dead letters. */
export class DeadLetterReasons {
  readonly #counts = new Map<string, number>();

  add({ reason, count }: CommonReason): void {
    const known = this.#counts.get(reason);
    if (known === undefined && this.#counts.size >= reasonsMax) return;
    this.#counts.set(reason, (known ?? 0) + count);
  }

  /** The reason of most dead letters; undefined if there were none. */
  get mostCommon(): CommonReason | undefined {
    let most: CommonReason | undefined;
    for (const [reason, count] of this.#counts) if (count > (most?.count ?? 0)) most = { reason, count };
    return most;
  }
}
