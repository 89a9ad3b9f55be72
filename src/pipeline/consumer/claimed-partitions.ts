/**
 * The partitions that a consumer works on: the group has assigned them to it, and it has claimed them in the store. A
 * claim says where the store is once the write under way is done, and the epoch to write under.
 */
import { groupTimes } from '../../kafka/client/client-settings.ts';
import type { GroupAssignment } from '../../kafka/client/consumer-group.ts';
import { listOffsets } from '../../kafka/client/list-offsets.ts';
import type { Advance, StoredOffset } from '../../stores/store.ts';
import type { ConsumeConfig, ConsumerParts } from './consume-loop.ts';
import { Fence } from './fence.ts';

type ClaimingParts = Pick<ConsumerParts, 'cluster' | 'topic' | 'base' | 'store' | 'group' | 'journal'>;

export class ClaimedPartitions {
  readonly #run: string;
  readonly #parts: ClaimingParts;
  readonly #fence: Fence;
  #generation = 0;
  #claims = new Map<number, StoredOffset>();

  constructor({ folder, settings }: ConsumeConfig, parts: ClaimingParts) {
    this.#run = folder.id;
    this.#parts = parts;
    this.#fence = new Fence(groupTimes(settings).sessionTimeoutMs);
  }

  /** By partition. That which was written last stands last: the broker serves first what it is asked for first. */
  get claims(): ReadonlyMap<number, StoredOffset> {
    return this.#claims;
  }

  /** Whether the partitions are still ours, as far as this consumer has heard. */
  get areCurrent(): boolean {
    return !this.#fence.isUp && this.#parts.group.assignment().generation === this.#generation;
  }

  /**
   * The assignment whose partitions are to be claimed, if there is one: a new one, or one that the group has confirmed
   * after the store had refused a write. Throws `unavailable` where the store goes on refusing.
   */
  async unclaimed(signal: AbortSignal): Promise<GroupAssignment | undefined> {
    const assignment = this.#parts.group.assignment();
    if (assignment.generation !== this.#generation) {
      this.#fence.forget();
      return assignment;
    }
    if (!this.#fence.isUp || (await this.#fence.isUpAfter(assignment.confirmations, signal)))
      return undefined;
    return assignment;
  }

  /** Goes on from what the store holds of the partitions. */
  async claim({ partitions, generation, epoch }: GroupAssignment): Promise<void> {
    const { cluster, store, base, journal, topic } = this.#parts;
    journal.beginEpoch(epoch);
    const earliest = await listOffsets(cluster, topic.topic, 'earliest');
    const begin = new Map(
      partitions.map((partition) => [partition, base.get(partition) ?? earliest.get(partition) ?? 0]),
    );
    const claimed = { run: this.#run, topic: topic.topic, topicId: topic.topicId };
    this.#claims = begin.size === 0 ? new Map() : await store.claim(claimed, begin);
    this.#generation = generation;
    this.#fence.lift();
  }

  /** A write begins. */
  advance(advances: readonly Advance[]): void {
    for (const { partition, next, epoch } of advances) {
      this.#claims.delete(partition);
      this.#claims.set(partition, { next, epoch });
    }
  }

  /** A write went through. */
  noteWritten(): void {
    this.#fence.forget();
  }

  /** The store has refused a write: another consumer has claimed one of the partitions. */
  giveUp(): void {
    this.#claims.clear();
    this.#fence.raise(this.#parts.group.assignment().confirmations);
  }
}
