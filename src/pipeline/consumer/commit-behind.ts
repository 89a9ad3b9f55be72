/**
 * Commits the store's offsets to the group in the background: nothing waits for that, because the store's offsets are
 * the truth, and the group's are for lag and monitoring. One commit at a time, of the newest offsets, then a pause.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';
import type { ConsumerGroup, NextOffset } from '../../kafka/client/consumer-group.ts';
import { say } from '../../text/say.ts';

/** At most ten commits a second: with small batches, commits would otherwise dominate the broker's work. */
const pauseMs = 100;
const flushMsMax = 3_000;

export class CommitBehind {
  readonly #group: Pick<ConsumerGroup, 'commit'>;
  readonly #waiting = new Map<number, NextOffset>();
  #work: Promise<void> | undefined;
  #hurry = new AbortController();

  constructor(group: Pick<ConsumerGroup, 'commit'>) {
    this.#group = group;
  }

  add(offsets: readonly NextOffset[]): void {
    for (const next of offsets) this.#waiting.set(next.partition, next);
    this.#work ??= this.#workOff();
  }

  /** Waits until all offsets are committed, but at most `flushMsMax`: an offset that is not committed loses nothing. */
  async flush(): Promise<void> {
    this.#hurry.abort();
    if (this.#work !== undefined) await new Deadline(flushMsMax).within(this.#work, undefined);
    this.#hurry = new AbortController();
  }

  /** Drops the offsets that are not committed yet. */
  async drop(): Promise<void> {
    this.#waiting.clear();
    await this.flush();
  }

  async #workOff(): Promise<void> {
    while (this.#waiting.size > 0) {
      const offsets = [...this.#waiting.values()];
      this.#waiting.clear();
      await this.#commit(offsets);
      await sleep(pauseMs, undefined, { signal: this.#hurry.signal }).catch(() => undefined);
    }
    this.#work = undefined;
  }

  /** Reports a refusal, and goes on: it costs nothing. */
  async #commit(offsets: readonly NextOffset[]): Promise<void> {
    try {
      await this.#group.commit(offsets);
    } catch (error) {
      say(`nodrop: the group's offsets were not committed: ${messageOf(error)}`);
    }
  }
}
