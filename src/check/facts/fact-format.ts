/**
 * Facts: what one hop says of one id, in `HOP.facts`, and the texts of the ids in `HOP.ids`. Facts lie in buckets by the
 * hash of their id, so that all that is known of an id can be judged with a part of the evidence in memory.
 *
 * A file is a sequence of chunks. Each has a header, `bucket:u32 bytes:u32`, and facts of that bucket, little-endian:
 *
 *   0 id hash:u32×4   16 offset:f64   24 partition:u32   28 category:u16   30 flags:u16
 *   32 digest:u64 for each compared value   then version:i64, if versions are compared
 *
 * In `HOP.ids`, a chunk holds `length:u16` and the UTF-8 of each id, in the order of the bucket's facts. The SHA-256 sums of both files stand in `check.json`.
 */

export const factFlags = {
  /** The record's transaction was aborted. */
  aborted: 1,
  /** A declared drop: no row is expected. */
  dropped: 4,
  /** The record has no value. */
  tombstone: 8,
  /** A row of a dead-letter table or topic, not of the sink. */
  deadLetter: 16,
  /** The category is not told. */
  uncategorised: 32,
  /** The version is not told. */
  unversioned: 64,
  /** The batch of the record failed its checksum. */
  crcBad: 128,
  /** The record's id cannot be read; the hash is that of its position. */
  nameless: 256,
  /** Its outcome is unknown: it counts as sent only if the sink has it, or `sent` is set, too. */
  doubtful: 512,
  /** It was rejected: it must be nowhere. */
  rejected: 1024,
  /** Its outcome is unknown, and a hop before the sink has it. */
  sent: 2048,
} as const;

/** The highest bits of the flags: the number of the sink in which the record belongs, from 1; 0: it names none. */
export const routeShift = 12;
export const sinksMax = 15;

/** Stands for no partition. */
export const noPartition = 0xffffffff;

export interface FactShape {
  /** How many compared values a fact has. */
  compared: number;
  isVersioned: boolean;
  buckets: number;
}

export const headBytes = 32;
export const chunkHeaderBytes = 8;
export const idBytesMax = 0xffff;

export const factBytes = ({ compared, isVersioned }: FactShape): number =>
  headBytes + 8 * compared + (isVersioned ? 8 : 0);

export interface Fact {
  /** The hash of the id: four words, as they stand in the file. */
  hash: Uint32Array;
  offset: number;
  partition: number;
  category: number;
  flags: number;
  /** Two words for each compared value. */
  digests: Uint32Array;
  version: bigint;
}

/** About how many facts of a hop are judged at a time: few enough to lie in the processor's caches. */
const bucketFacts = 50_000;
const bucketsMax = 1024;

export const bucketsFor = (facts: number): number =>
  Math.max(1, Math.min(bucketsMax, Math.ceil(facts / bucketFacts)));

/** The bucket of an id by the words of its hash. */
export const bucketOf = (hash: Uint32Array, buckets: number): number =>
  Math.floor((hash[1]! * buckets) / 2 ** 32);

/** The word of a hash by which ids are sampled: evenly spread within each bucket. */
export const sampleWord = 0;
