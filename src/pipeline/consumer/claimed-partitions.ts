/**
 * The partitions that a consumer works on: the group has assigned them to it, and it has claimed them in the store. A
 * claim has the store's next offset after the current write, and the epoch under which to write.
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

  /** By partition, the one that was written last at the end: a broker serves a fetch in the order of its partitions. */
  get claims(): ReadonlyMap<number, StoredOffset> {
    return this.#claims;
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
    if (!this.#fence.isUp || (await this.#fence.isUpAfter(assignment.confirmations, signal)))
      return undefined;
    return assignment;
  }

  /** Claims the partitions; the consumer then goes on from the store's offsets. */
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
