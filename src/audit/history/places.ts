/**
 * The partitions and topics of a history. If there is one topic, its partitions keep their numbers, whether or not
 * lines name the topic. If lines name several topics, each partition gets a number of its own: while the lines are
 * read, in the order in which they come; afterwards, by the names of the topics.
 */
import type { Topics } from '../evidence.ts';
import { none } from '../../workload/place.ts';
import { LineError } from './parse-line.ts';

interface Placed {
  topic?: string;
  partition?: number;
}

export class Places {
  /** Partitions of the first topic, and of lines without a topic, keep their numbers. */
  #first: string | undefined;
  #hasUntold = false;
  /** For each other topic: from partition to a number below `none`. */
  readonly #others = new Map<string, Map<number, number>>();
  readonly #othersNamed: { topic: string; partition: number }[] = [];
  readonly #partitionsOfFirst = new Set<number>();

  /** The number of the partition that a line names, if it names one. Throws a `LineError` if its topic is not clear. */
  numberIn({ topic, partition }: Placed): number | undefined {
    if (topic !== undefined) this.#name(topic);
    else if (partition !== undefined) this.#noteUntold();
    if (partition === undefined) return undefined;
    const known = topic === undefined ? undefined : this.#others.get(topic);
    if (known === undefined) {
      this.#partitionsOfFirst.add(partition);
      return partition;
    }
    let number = known.get(partition);
    if (number === undefined) {
      number = none - this.#othersNamed.push({ topic: topic!, partition });
      known.set(partition, number);
    }
    return number;
  }

  #name(topic: string): void {
    this.#first ??= topic;
    if (topic === this.#first || this.#others.has(topic)) return;
    if (this.#hasUntold) {
      throw new LineError(
        `names the topic ${topic} beside ${this.#first}, and an earlier line has a partition and no topic`,
      );
    }
    this.#others.set(topic, new Map<number, number>());
  }

  #noteUntold(): void {
    this.#hasUntold = true;
    if (this.#others.size > 0) {
      throw new LineError(
        `has no topic, and others name ${[this.#first, ...this.#others.keys()].join(' and ')}`,
      );
    }
  }

  /** All partitions. To be called after all lines were read. */
  sorted(): SortedPlaces {
    if (this.#others.size === 0)
      return { topics: undefined, topicNumberOf: () => 0, numberOf: (number) => number };
    const topic = this.#first!;
    const all = [
      ...[...this.#partitionsOfFirst].map((partition) => ({ number: partition, topic, partition })),
      ...this.#othersNamed.map((name, index) => ({ number: none - index - 1, ...name })),
    ];
    all.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
    const topics = [...new Set(all.map((one) => one.topic))];
    const topicOf = all.map((one) => topics.indexOf(one.topic));
    const ranks = new Map(all.map(({ number }, rank) => [number, rank]));
    return {
      topicNumberOf: (name) => topics.indexOf(name),
      topics: {
        numberOf: (rank) => topicOf[rank]!,
        nameOf: (rank) => ({ topic: all[rank]!.topic, partition: all[rank]!.partition }),
      },
      numberOf: (number) => (number === none ? none : ranks.get(number)!),
    };
  }
}

export interface SortedPlaces {
  /** Undefined if there is one topic. */
  topics: Topics | undefined;
  /** The topic's number in the evidence; `none` for a topic without a known partition. */
  topicNumberOf: (name: string) => number;
  /** From a partition's number while lines were read to its number in the evidence. */
  numberOf: (number: number) => number;
}
