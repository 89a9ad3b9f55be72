import type { Evidence, LogRange, Topics } from '../evidence.ts';
import { BitSet } from '../bit-set.ts';
import { CountedRanges } from '../counted-ranges.ts';
import type { Blame, Cause, Example, PartitionState } from '../../result/verdict.ts';
import type { JudgedRow, Written } from './trail.ts';

/** The group's commit or the store's next offset promises what is not there. */
export interface Overcommitment {
  blame: Blame;
  cause: Cause;
  offset: number;
  detail: string;
}

type Known = Pick<Partition, 'range' | 'end' | 'next' | 'commit'> & {
  name: ReturnType<Topics['nameOf']> | undefined;
  topic: number;
};

/** What is known of one partition, and of its offsets where something is unusual. */
export class Partition {
  /** The evidence's own, which is the partition's where there is one topic. */
  readonly number: number;
  readonly #name: { topic?: string; partition: number };
  /** Equal for partitions of one topic. */
  readonly topic: number;
  /** Its place among the partitions that the evidence names. */
  readonly index: number;
  readonly range: LogRange | undefined;
  /** Where the log ends: at 0 in a partition that the topic does not have; undefined where nobody knows. */
  readonly end: number | undefined;
  /** The store's next offset. */
  readonly next: number | undefined;
  /** The group's committed offset. */
  readonly commit: number | undefined;
  /** Offsets that an ack names. */
  readonly acked = new BitSet();
  /** One past the highest of them: the log has reached so far, whatever was lost since. */
  ackedEnd = 0;
  /** Offsets that none names, and where the log holds a message of this run. */
  readonly recorded = new BitSet();
  /** Offsets that acks of two messages name. */
  readonly contested = new Set<number>();
  /** Offsets that an ack names and where the log holds another message of this run. */
  readonly occupied = new Set<number>();
  /** Offsets that an ack names and where the log holds records that look foreign, with the flags of each. */
  readonly foreignLooking = new Map<number, number[]>();
  /** Rows that name no message, by offset: to be joined by position. */
  readonly namelessRows = new Map<number, NamelessRow[]>();
  /** Offsets beyond the log's end where the store has rows, and whether the journal has them as written. */
  readonly beyondEnd = new Map<number, boolean>();
  /** The last offset of each key, in a compacted partition. */
  readonly lastOfKey = new Map<number, number>();
  /** The last offset of each key that an ack names, in a compacted partition. */
  readonly lastAckOfKey = new Map<number, { offset: number; isTombstone: boolean }>();
  readonly delivered = new CountedRanges();
  /** Whether the store has a row there that no journal knows: then one is missing. */
  hasUndeliveredRow = false;
  /** Where one acked message stood, as its row shows, another stands: Kafka lost what was there. */
  isRewritten = false;
  /** Offsets where the store has rows of messages that the log has nowhere, if any offset is contested. */
  readonly outlived = new Set<number>();
  /** Deliveries of this run's messages beyond the first of each. */
  redelivered = 0;
  readonly #counted = new BitSet();
  /** Offsets that the consumer's journal says were written, where it does not say which message that was. */
  readonly written = new BitSet();
  /** And what it says of them, for the offsets where something unusual stands. */
  readonly writtenAt = new Map<number, Written[]>();
  /** Set where it is so, once all hops were read. */
  overcommitted: Overcommitment | undefined;

  constructor(number: number, index: number, known: Known) {
    this.number = number;
    this.index = index;
    this.topic = known.topic;
    this.#name = known.name ?? { partition: number };
    this.range = known.range;
    this.end = known.end;
    this.next = known.next;
    this.commit = known.commit;
  }

  /** How far the consumer was. The store's offset is the truth; the group's is asked where there is no other. */
  get position(): number | undefined {
    return this.next ?? this.commit;
  }

  /** How far the consumer was, and where it was to come to; undefined where nobody read the log. */
  get progress(): string | undefined {
    if (this.range === undefined) return undefined;
    const { start, end, stableEnd = end } = this.range;
    return `at ${this.position ?? start} of ${stableEnd}`;
  }

  /** What stands at an offset, as findings name it. */
  place(offset: number): Pick<Example, 'topic' | 'partition' | 'offset'> {
    return { ...this.#name, offset };
  }

  /** The same in words. */
  placeText(offset: number): string {
    return `${this.label}:${offset}`;
  }

  get label(): string {
    const { topic, partition } = this.#name;
    return topic === undefined ? String(partition) : `${topic}/${partition}`;
  }

  get state(): PartitionState {
    const { range, next, commit } = this;
    const stableEnd = range && (range.stableEnd ?? range.end);
    return {
      ...this.#name,
      start: range?.start ?? null,
      end: range?.end ?? null,
      stored: next ?? null,
      committed: commit ?? null,
      lag: stableEnd === undefined ? null : Math.max(0, stableEnd - (this.position ?? range!.start)),
    };
  }

  /** A message of this run stands there. */
  countDeliveries(offset: number): void {
    const times = this.delivered.timesAt(offset);
    if (times < 2 || this.#counted.has(offset)) return;
    this.#counted.add(offset);
    this.redelivered += times - 1;
  }
}

/** A row at its offset, and the message that its id names, where that is one that nobody else knows. */
export interface NamelessRow {
  row: JudgedRow;
  stranger: number | undefined;
  /** A message has it now. */
  isTaken: boolean;
}

/** The partitions that the evidence names, each made when it is first spoken of. */
export class Partitions {
  readonly #ranges: ReadonlyMap<number, LogRange>;
  readonly #hasAllRanges: boolean;
  readonly #nexts: ReadonlyMap<number, number>;
  readonly #commits: ReadonlyMap<number, number>;
  readonly #topics: Topics | undefined;
  readonly #byNumber = new Map<number, Partition>();
  readonly #all: Partition[] = [];

  constructor({
    log,
    store,
    commits = new Map(),
    topics,
  }: Pick<Evidence, 'log' | 'store' | 'commits' | 'topics'>) {
    this.#topics = topics;
    this.#ranges = new Map(log.ranges.map((range) => [range.partition, range]));
    this.#hasAllRanges = log.hasAllRanges === true;
    this.#nexts = store.positions;
    this.#commits = commits;
    for (const number of [...this.#ranges.keys(), ...this.#nexts.keys(), ...commits.keys()]) this.of(number);
  }

  get all(): readonly Partition[] {
    return this.#all;
  }

  /** Those of one topic; all where nobody knows which. */
  ofTopic(topic: number | undefined): readonly Partition[] {
    return topic === undefined ? this.#all : this.#all.filter((partition) => partition.topic === topic);
  }

  of(number: number): Partition {
    let partition = this.#byNumber.get(number);
    if (partition === undefined) {
      partition = new Partition(number, this.#all.length, {
        range: this.#ranges.get(number),
        end: this.#ranges.get(number)?.end ?? (this.#hasAllRanges ? 0 : undefined),
        next: this.#nexts.get(number),
        commit: this.#commits.get(number),
        name: this.#topics?.nameOf(number),
        topic: this.#topics?.numberOf(number) ?? 0,
      });
      this.#byNumber.set(number, partition);
      this.#all.push(partition);
    }
    return partition;
  }
}
