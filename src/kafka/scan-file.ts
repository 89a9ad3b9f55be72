/**
 * The saved log scan: `log.scan` holds a row of 40 bytes for each record, little-endian, each partition's
 * in the order of their offsets; `log.json` says what was read. Rows keep digests rather than bytes:
 * what a record's bytes come to, and what its header says.
 *
 *   0 offset:f64   8 digest:u64   16 statedDigest:u64   24 sequence:u32   28 partition:u32
 *   32 producer:u16   34 session:u16   36 flags:u8   37 zero:3
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** `foreign`: not of this run. `nameless`: of this run, but its origin cannot be read. */
export const scanFlags = { foreign: 1, aborted: 2, crcBad: 4, nameless: 8, unstated: 16 } as const;

export const scanSummarySchema = z.object({
  schema: z.literal(1),
  topic: z.string(),
  topicId: z.string(),
  ranges: z.array(
    z.object({
      partition: z.int().min(0),
      start: z.int().min(0),
      /** The partition's start after the scan: what lies below was removed meanwhile. */
      startAfter: z.int().min(0),
      end: z.int().min(0),
      lastStableOffset: z.int().min(0),
    }),
  ),
  /** Whether the topic's clean-up policy has `compact`. */
  compacted: z.boolean(),
  records: z.int().min(0),
  /** What could not be read, in sentences. */
  problems: z.array(z.string()),
  /** The group's next offset by partition, read after the scan; left out where it was not to be had. */
  commits: z.record(z.string(), z.int().min(0)).optional(),
});
export type ScanSummary = z.infer<typeof scanSummarySchema>;

export interface ScanRow {
  partition: number;
  offset: number;
  digest: bigint;
  statedDigest: bigint;
  producer: number;
  session: number;
  sequence: number;
  flags: number;
}

export const emptyScanRow = (): ScanRow => ({
  partition: 0,
  offset: 0,
  digest: 0n,
  statedDigest: 0n,
  producer: 0,
  session: 0,
  sequence: 0,
  flags: 0,
});

const rowBytes = 40;
const rowsBuffered = 8192;

export class ScanWriter {
  readonly #file: number;
  readonly #buffer = Buffer.alloc(rowBytes * rowsBuffered);
  #rows = 0;
  /** Rows so far. */
  records = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w', 0o600);
  }

  add(row: ScanRow): void {
    const at = this.#rows * rowBytes;
    const buffer = this.#buffer;
    buffer.writeDoubleLE(row.offset, at);
    buffer.writeBigUInt64LE(row.digest, at + 8);
    buffer.writeBigUInt64LE(row.statedDigest, at + 16);
    buffer.writeUInt32LE(row.sequence, at + 24);
    buffer.writeUInt32LE(row.partition, at + 28);
    buffer.writeUInt16LE(row.producer, at + 32);
    buffer.writeUInt16LE(row.session, at + 34);
    buffer.writeUInt8(row.flags, at + 36);
    this.#rows += 1;
    this.records += 1;
    if (this.#rows === rowsBuffered) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    const bytes = this.#rows * rowBytes;
    let written = 0;
    while (written < bytes) written += writeSync(this.#file, this.#buffer, written, bytes - written);
    this.#rows = 0;
  }
}

/** Yields the rows, in one object that is filled anew for each. */
export function* readScan(path: string): Generator<ScanRow> {
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(rowBytes * rowsBuffered);
  const row = emptyScanRow();
  try {
    for (;;) {
      const bytes = readSync(file, buffer, 0, buffer.length, null);
      if (bytes === 0) return;
      for (let at = 0; at + rowBytes <= bytes; at += rowBytes) {
        row.offset = buffer.readDoubleLE(at);
        row.digest = buffer.readBigUInt64LE(at + 8);
        row.statedDigest = buffer.readBigUInt64LE(at + 16);
        row.sequence = buffer.readUInt32LE(at + 24);
        row.partition = buffer.readUInt32LE(at + 28);
        row.producer = buffer.readUInt16LE(at + 32);
        row.session = buffer.readUInt16LE(at + 34);
        row.flags = buffer.readUInt8(at + 36);
        yield row;
      }
    }
  } finally {
    closeSync(file);
  }
}

export async function writeScanSummary(path: string, summary: ScanSummary): Promise<void> {
  await writeFile(path, `${JSON.stringify(summary, null, 2)}\n`, { mode: 0o600 });
}

export async function readScanSummary(path: string): Promise<ScanSummary> {
  return scanSummarySchema.parse(JSON.parse(await readFile(path, 'utf8')));
}
