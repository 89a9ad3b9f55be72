/** The numbers of partitions in the evidence of a check: Kafka's own, if there is one topic. */
import type { Topics } from '../audit/evidence.ts';

const partitionsOfTopicMax = 1_000_000;

export const numberOf = (topic: number, partition: number): number =>
  topic * partitionsOfTopicMax + partition;

export const topicNames = (names: readonly string[]): Topics => ({
  numberOf: (partition) => Math.floor(partition / partitionsOfTopicMax),
  nameOf: (partition) => ({
    topic: names[Math.floor(partition / partitionsOfTopicMax)]!,
    partition: partition % partitionsOfTopicMax,
  }),
});
