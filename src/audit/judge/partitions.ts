import type { Evidence, LogRange, Topics } from '../evidence.ts';
import { BitSet } from '../bit-set.ts';
import { CountedRanges } from '../counted-ranges.ts';
import type { Blame, Cause, Example, PartitionState } from '../../result/verdict.ts';
import type { JudgedRow, Written } from './trail.ts';

/** The group's commit or the store's next offset is too high. */
export interface Overcommitment {
  blame: Blame;
  cause: Cause;
  offset: number;
  detail: string;
}

/** Numbers of records that were left out. */
export interface LeftOut {
  count: number;
  /** Those that were written according to the consumer's journal. */
  written: number;
  /** Those that were written or, as the journal shows, skipped. */
  heardOf: number;
}

type Known = Pick<Partition, 'range' | 'end' | 'next' | 'commit'> & {
  name: ReturnType<Topics['nameOf']> | undefined;
  topic: number;
};

/** What is known about one partition, and about its unusual offsets. */
export class Partition {
  /** The number in the evidence, which is Kafka's if there is one topic. */
  readonly number: number;
  readonly #name: { topic?: string; partition: number };
  /** The topic's number, equal for partitions of one topic. */
  readonly topic: number;
  /** Its index among the partitions that the evidence names. */
  readonly index: number;
  readonly range: LogRange | undefined;
  /** The end of the log: 0 in a partition that the topic does not have; undefined if it is not known. */
  readonly end: number | undefined;
  /** The store's next offset. */
  readonly next: number | undefined;
  /** The group's committed offset. */
  readonly commit: number | undefined;
  /** The acked offsets. */
  readonly acked = new BitSet();
  /** The highest acked offset plus one: the log has reached it, even if records were lost since. */
  ackedEnd = 0;
  /** Offsets without an ack at which the log has a message of this run. */
  readonly recorded = new BitSet();
  /** Offsets that were acked for two messages. */
  readonly contested = new Set<number>();
  /** Acked offsets at which the log has another message of this run. */
  readonly occupied = new Set<number>();
  /** Acked offsets at which the log has records that look foreign, with the flags of each. */
  readonly foreignLooking = new Map<number, number[]>();
  /** Rows without a known message, by offset: to be joined by position. */
  readonly namelessRows = new Map<number, NamelessRow[]>();
  /** Offsets beyond the log's end at which the store has rows, and whether the journal has them as written. */
  readonly beyondEnd = new Map<number, boolean>();
  /** The last offset of each key, in a compacted partition. */
  readonly lastOfKey = new Map<number, number>();
  /** The last acked offset of each key, in a compacted partition. */
  readonly lastAckOfKey = new Map<number, { offset: number; isTombstone: boolean }>();
  readonly delivered = new CountedRanges();
  /** Whether the store has a row in this partition that no journal knows: then a journal is missing. */
  hasUndeliveredRow = false;
  /** Whether another message took the place of an acked one, as a row shows: Kafka lost the earlier record. */
  isRewritten = false;
  /** Offsets at which the store has rows of messages that are not in the log; only filled if an offset is contested. */
  readonly outlived = new Set<number>();
  /** Deliveries of this run's messages beyond the first of each. */
  redelivered = 0;
  readonly #counted = new BitSet();
  /** Offsets that were written according to the consumer's journal, which does not name the message. */
  readonly written = new BitSet();
  /** The journal's entries for those of them that have something unusual. */
  readonly writtenAt = new Map<number, Written[]>();
  /** The end of the rows whose messages are known and not in the log. Set after all hops were read. */
  rowsEnd = 0;
  /** Whether the offset before the store's next was delivered. Set after all hops were read. */
  isNextDelivered = false;
  /** In each case, the records between the store's next offset and the group's commit that the store does not have. */
  leftOut: LeftOut[] = [noneLeftOut()];
  /** Set after all hops were read, if the partition is overcommitted. */
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

  get isCommitAhead(): boolean {
    return this.next !== undefined && this.commit !== undefined && this.commit > this.next;
  }

  get isCommittedBeforeWrite(): boolean {
    return this.overcommitted?.cause === 'commit-before-write';
  }

  /** Adds what another part of the evidence says about this partition, after all its hops were read. */
  add(part: Partition): void {
    this.ackedEnd = Math.max(this.ackedEnd, part.ackedEnd);
    this.rowsEnd = Math.max(this.rowsEnd, part.rowsEnd);
    this.isNextDelivered ||= part.isNextDelivered;
    this.redelivered += part.redelivered;
    for (const [index, one] of part.leftOut.entries()) {
      const sum = (this.leftOut[index] ??= noneLeftOut());
      for (const name of ['count', 'written', 'heardOf'] as const) sum[name] += one[name];
    }
    for (const [offset, isWritten] of part.beyondEnd) {
      this.beyondEnd.set(offset, isWritten || this.beyondEnd.get(offset) === true);
    }
  }

  /** The consumer's progress. The store's offset is the truth; the group's counts only if there is no other. */
  get position(): number | undefined {
    return this.next ?? this.commit;
  }

  /** The consumer's progress and its goal; undefined if the log was not read. */
  get progress(): string | undefined {
    if (this.range === undefined) return undefined;
    const { start, end, stableEnd = end } = this.range;
    return `at ${this.position ?? start} of ${stableEnd}`;
  }

  /** The name of a place in findings. */
  place(offset: number): Pick<Example, 'topic' | 'partition' | 'offset'> {
    return { ...this.#name, offset };
  }

  /** The name of a place in sentences. */
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

  /** Counts redeliveries of an offset that has a message of this run. */
  countDeliveries(offset: number): void {
    const times = this.delivered.timesAt(offset);
    if (times < 2 || this.#counted.has(offset)) return;
    this.#counted.add(offset);
    this.redelivered += times - 1;
  }
}

export const noneLeftOut = (): LeftOut => ({ count: 0, written: 0, heardOf: 0 });

/** A row at its offset, and the message of its id, if only the store knows that message. */
export interface NamelessRow {
  row: JudgedRow;
  stranger: number | undefined;
  /** The row was joined to a message. */
  isTaken: boolean;
}

/** The partitions that the evidence names. Each is created on first use. */
export class Partitions {
  readonly #ranges: ReadonlyMap<number, LogRange>;
  readonly #hasAllRanges: boolean;
  readonly #nexts: ReadonlyMap<number, number>;
  readonly #commits: ReadonlyMap<number, number>;
  readonly #topics: Topics | undefined;
  readonly #byNumber = new Map<number, Partition>();
  readonly #all: Partition[] = [];
  /** Most often it is asked for again. */
  #last: Partition | undefined;

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

  /** The partitions of one topic; all partitions if the topic is not known. */
  ofTopic(topic: number | undefined): readonly Partition[] {
    return topic === undefined ? this.#all : this.#all.filter((partition) => partition.topic === topic);
  }

  of(number: number): Partition {
    if (this.#last !== undefined && this.#last.number === number) return this.#last;
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
    this.#last = partition;
    return partition;
  }
}
