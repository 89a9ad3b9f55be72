/** A place in a topic, and the values that a place can have. */

export interface Place {
  partition: number;
  offset: number;
}

/** Stands for: no partition, no offset, no sequence, or no message of this run. */
export const none = -1;
/** Partitions have Kafka's own limit; offsets have the limit of a double's integers. Columns hold no other values. */
export const partitionMax = 2 ** 31 - 1;
export const isPartition = (value: number): boolean => (value | 0) === value && value >= 0;
export const isOffset = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
