/**
 * The partitions that a consumer works on: the group has assigned them to it, and it has claimed them in the store. A
 * claim has the store's next offset after the current write, and the epoch under which to write.
 */
import { groupTimes } from '../../kafka/client/client-settings.ts';
import type { GroupAssignment } from '../../kafka/client/consumer-group.ts';
import { offsetsAtHand } from '../../kafka/client/list-offsets.ts';
import type { Advance, StoredOffset } from '../../stores/store.ts';
import type { ConsumeConfig, ConsumerParts } from './consume-loop.ts';
import { Deadline } from '../../system/deadline.ts';
import { Fence } from './fence.ts';

/** A partition that could not be claimed is tried again after this time. */
const missingPauseMs = 500;

type ClaimingParts = Pick<ConsumerParts, 'cluster' | 'topic' | 'base' | 'store' | 'group' | 'journal'>;

export class ClaimedPartitions {
  readonly #run: string;
  readonly #parts: ClaimingParts;
  readonly #fence: Fence;
  #generation = 0;
  #claims = new Map<number, StoredOffset>();
  /** The assigned partitions whose first offset is not known, and why: they are claimed later. */
  #missing = new Map<number, string>();
  #pause = new Deadline(0);

  constructor({ folder, settings }: ConsumeConfig, parts: ClaimingParts) {
    this.#run = folder.id;
    this.#parts = parts;
    this.#fence = new Fence(groupTimes(settings).sessionTimeoutMs);
  }

  /** By partition, the one that was written last at the end: a broker serves a fetch in the order of its partitions. */
  get claims(): ReadonlyMap<number, StoredOffset> {
    return this.#claims;
  }

  /** Why partitions could not be claimed yet. */
  get problems(): ReadonlyMap<number, string> {
    return this.#missing;
  }

  /** Whether the partitions still belong to this consumer, as far as it knows. */
  get areCurrent(): boolean {
    return !this.#fence.isUp && this.#parts.group.assignment().generation === this.#generation;
  }

  /**
   * The assignment whose partitions must be claimed, if there is one: a new one, or one that the group has confirmed
   * after the store had refused a write. Throws `unavailable` if the store goes on refusing.
   */
  async unclaimed(signal: AbortSignal): Promise<GroupAssignment | undefined> {
    const assignment = this.#parts.group.assignment();
    if (assignment.generation !== this.#generation) {
      this.#fence.forget();
      return assignment;
    }
    if (!this.#fence.isUp) {
      const { size } = this.#missing;
      if (size === 0 || !this.#pause.hasPassed) return undefined;
      return { ...assignment, partitions: [...this.#missing.keys()] };
    }
    return (await this.#fence.isUpAfter(assignment.confirmations, signal)) ? undefined : assignment;
  }

  /**
   * Claims the partitions; the consumer then goes on from the store's offsets. A partition that has no leader to say
   * where it begins holds up no other.
   */
  async claim({ partitions, generation, epoch }: GroupAssignment): Promise<void> {
    const { store, journal, topic } = this.#parts;
    const isLater = generation === this.#generation && !this.#fence.isUp;
    if (!isLater) journal.beginEpoch(epoch);
    const begin = await this.#begins(partitions);
    const claimed = { run: this.#run, topic: topic.topic, topicId: topic.topicId };
    const claims = begin.size === 0 ? new Map<number, StoredOffset>() : await store.claim(claimed, begin);
    this.#claims = new Map([...(isLater ? this.#claims : []), ...claims]);
    this.#generation = generation;
    this.#fence.lift();
  }

  /** Where partitions begin that the store does not know yet. Only the topic knows it for those made during the run. */
  async #begins(partitions: readonly number[]): Promise<Map<number, number>> {
    const { cluster, topic, base } = this.#parts;
    const earliest = partitions.every((partition) => base.has(partition))
      ? { offsets: base, missing: new Map<number, string>() }
      : await offsetsAtHand(cluster, topic.topic, 'earliest');
    const begins = new Map<number, number>();
    this.#missing = new Map();
    this.#pause = new Deadline(missingPauseMs);
    for (const partition of partitions) {
      const begin = base.get(partition) ?? earliest.offsets.get(partition);
      if (begin !== undefined) begins.set(partition, begin);
      else this.#missing.set(partition, earliest.missing.get(partition) ?? 'UNKNOWN_TOPIC_OR_PARTITION');
    }
    return begins;
  }

  /** Moves the claims when a write begins. */
  advance(advances: readonly Advance[]): void {
    for (const { partition, next, epoch } of advances) {
      this.#claims.delete(partition);
      this.#claims.set(partition, { next, epoch });
    }
  }

  /** To be called when a write has gone through. */
  noteWritten(): void {
    this.#fence.forget();
  }

  /** To be called when the store has refused a write: another consumer has claimed one of the partitions. */
  giveUp(): void {
    this.#claims.clear();
    this.#fence.raise(this.#parts.group.assignment().confirmations);
  }
}
