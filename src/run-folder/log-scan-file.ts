/**
 * The saved log scan. `log.scan` holds a row of 40 bytes for each record, little-endian, those of each partition
 * in the order of their offsets; `log.json` says what was read. Rows keep digests rather than bytes: the digest of
 * the record's bytes, and the digest that its header states.
 *
 *   0 offset:f64   8 digest:u64   16 statedDigest:u64   24 sequence:u32   28 partition:u32
 *   32 producer:u16   34 session:u16   36 flags:u8   37 stamp:u24
 *
 * The stamp is the record's own time, in the bytes that were left: a whole time would make the file a fifth longer.
 * With it, an explanation needs no broker. It counts the ms from a minute before the manifest was written, because
 * clocks differ. 0 says that the time lies outside of the 4 h 39 min that fit, or that an earlier version of nodrop
 * made the scan, and kept no times.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { offsetsByPartition } from './offsets-by-partition.ts';
import { partitionMax } from '../workload/place.ts';
import { namingFile, writeWhole } from '../system/write-whole.ts';

/** `foreign`: not a record of this run. `nameless`: a record of this run whose origin cannot be read. */
export const scanFlags = { foreign: 1, aborted: 2, crcBad: 4, nameless: 8, unstated: 16 } as const;

const count = z.int().min(0);
const partition = count.max(partitionMax);

export const scanSummarySchema = z.object({
  schema: z.literal(1),
  /** The run whose records are not foreign. Earlier versions did not note it. */
  run: z.string().optional(),
  topic: z.string(),
  topicId: z.string(),
  ranges: z
    .array(
      z.object({
        partition,
        start: count,
        /** The partition's start after the scan: records below it were removed meanwhile. */
        startAfter: count,
        end: count,
        lastStableOffset: count,
      }),
    )
    .refine(areOnceEach, 'it has two ranges of one partition'),
  /** Whether the topic's clean-up policy has `compact`; false if the policy is not known. */
  compacted: z.boolean(),
  /** Whether a replica that is not in sync may become the leader. Earlier versions did not ask. */
  uncleanElection: z.boolean().optional(),
  /** Why it is not known whether the topic is compacted, in words that follow a colon. */
  settingsUnknown: z.string().optional(),
  records: count,
  /**
   * No record can have reached the topic after the scan, because the broker was the run's own. Earlier versions did not
   * note it.
   */
  isFinal: z.boolean().optional(),
  /** The parts that could not be read, in sentences. */
  problems: z.array(z.string()),
  /** The group's next offset by partition, read after the scan; absent if it could not be read. */
  commits: offsetsByPartition.optional(),
  /** Why the commits are not known, in words that follow a colon. */
  commitsUnknown: z.string().optional(),
});
export type ScanSummary = z.infer<typeof scanSummarySchema>;

function areOnceEach(ranges: readonly { partition: number }[]): boolean {
  return new Set(ranges.map(({ partition }) => partition)).size === ranges.length;
}

export interface ScanRow {
  partition: number;
  offset: number;
  digest: bigint;
  statedDigest: bigint;
  producer: number;
  session: number;
  sequence: number;
  flags: number;
  /** Made by `stampOf`. */
  stamp: number;
}

const stampsStartMs = -60_000;
const stampMax = 0xffffff;

/**
 * The form in which a row keeps a time: 24 bits, relative to the time of the manifest; 0 if it lies too far from that.
 * Both parameters are ms since the epoch.
 */
export function stampOf(timeMs: number, manifestMs: number): number {
  const stamp = timeMs - manifestMs - stampsStartMs + 1;
  return stamp >= 1 && stamp <= stampMax ? stamp : 0;
}

/** The time that a stamp stands for, in ms since the epoch; null for 0. */
export const timeOfStamp = (stamp: number, manifestMs: number): number | null =>
  stamp === 0 ? null : stamp - 1 + stampsStartMs + manifestMs;

export const emptyScanRow = (): ScanRow => ({
  partition: 0,
  offset: 0,
  digest: 0n,
  statedDigest: 0n,
  producer: 0,
  session: 0,
  sequence: 0,
  flags: 0,
  stamp: 0,
});

export const rowBytes = 40;
/** The number of rows in a chunk; the last may have fewer. */
export const scanChunkRows = 8192;

/** Some rows, in the byte order of the file: Node runs on little-endian platforms only. */
export class ScanRows {
  count = 0;
  readonly bytes = new Uint8Array(rowBytes * scanChunkRows);
  readonly #doubles = new Float64Array(this.bytes.buffer);
  readonly #longs = new BigUint64Array(this.bytes.buffer);
  readonly #ints = new Uint32Array(this.bytes.buffer);
  readonly #shorts = new Uint16Array(this.bytes.buffer);

  set(index: number, row: ScanRow): void {
    this.#doubles[5 * index] = row.offset;
    this.#longs[5 * index + 1] = row.digest;
    this.#longs[5 * index + 2] = row.statedDigest;
    this.#ints[10 * index + 6] = row.sequence;
    this.#ints[10 * index + 7] = row.partition;
    this.#shorts[20 * index + 16] = row.producer;
    this.#shorts[20 * index + 17] = row.session;
    this.#ints[10 * index + 9] = row.flags | (row.stamp << 8);
  }

  get(index: number, row: ScanRow): void {
    row.offset = this.#doubles[5 * index]!;
    row.digest = this.#longs[5 * index + 1]!;
    row.statedDigest = this.#longs[5 * index + 2]!;
    row.sequence = this.#ints[10 * index + 6]!;
    row.partition = this.#ints[10 * index + 7]!;
    row.producer = this.#shorts[20 * index + 16]!;
    row.session = this.#shorts[20 * index + 17]!;
    const flagsAndStamp = this.#ints[10 * index + 9]!;
    row.flags = flagsAndStamp & 0xff;
    row.stamp = flagsAndStamp >>> 8;
  }

  partitionAt(index: number): number {
    return this.#ints[10 * index + 7]!;
  }
  offsetAt(index: number): number {
    return this.#doubles[5 * index]!;
  }
  flagsAt(index: number): number {
    return this.#ints[10 * index + 9]! & 0xff;
  }
  producerAt(index: number): number {
    return this.#shorts[20 * index + 16]!;
  }
  sequenceAt(index: number): number {
    return this.#ints[10 * index + 6]!;
  }
}

export class ScanWriter {
  readonly #path: string;
  readonly #file: number;
  readonly #rows = new ScanRows();
  /** Rows so far. */
  records = 0;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'w', 0o600);
  }

  add(row: ScanRow): void {
    this.#rows.set(this.#rows.count++, row);
    this.records += 1;
    if (this.#rows.count === scanChunkRows) this.#flush();
  }

  close(): void {
    try {
      this.#flush();
    } finally {
      closeSync(this.#file);
    }
  }

  #flush(): void {
    const bytes = this.#rows.count * rowBytes;
    let written = 0;
    this.#rows.count = 0;
    namingFile(this.#path, () => {
      while (written < bytes) written += writeSync(this.#file, this.#rows.bytes, written, bytes - written);
    });
  }
}

/** Yields the rows in chunks. Each chunk overwrites the one before. */
export function* readScan(path: string): Generator<ScanRows> {
  const file = openSync(path, 'r');
  const rows = new ScanRows();
  try {
    for (;;) {
      const bytes = readSync(file, rows.bytes, 0, rows.bytes.length, null);
      if (bytes === 0) return;
      rows.count = Math.floor(bytes / rowBytes);
      yield rows;
    }
  } finally {
    closeSync(file);
  }
}

export function writeScanSummary(path: string, summary: ScanSummary): void {
  writeWhole(path, `${JSON.stringify(summary, null, 2)}\n`);
}

export async function readScanSummary(path: string): Promise<ScanSummary> {
  return scanSummarySchema.parse(JSON.parse(await readFile(path, 'utf8')));
}
