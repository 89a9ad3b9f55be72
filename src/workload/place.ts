/** A place in a topic, and what can be one. */

export interface Place {
  partition: number;
  offset: number;
}

/** No partition, no offset, no sequence, no message of this run. */
export const none = -1;
/** Kafka's own limits on partitions, and what a double can count of offsets. Columns hold no others. */
export const partitionMax = 2 ** 31 - 1;
export const isPartition = (value: number): boolean => (value | 0) === value && value >= 0;
export const isOffset = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
