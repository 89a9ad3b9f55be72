import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  emptyScanRow,
  readScan,
  ScanWriter,
  stampOf,
  timeOfStamp,
  type ScanRow,
} from '../../src/run-folder/log-scan-file.ts';

const rowArbitrary: fc.Arbitrary<ScanRow> = fc.record({
  partition: fc.nat(),
  offset: fc.nat(Number.MAX_SAFE_INTEGER),
  digest: fc.bigInt(0n, 2n ** 64n - 1n),
  statedDigest: fc.bigInt(0n, 2n ** 64n - 1n),
  producer: fc.nat(0xffff),
  session: fc.nat(0xffff),
  sequence: fc.nat(0xfffffffe),
  flags: fc.nat(0xff),
  stamp: fc.nat(0xffffff),
});

test('rows of a log scan are read back unchanged, across the ends of buffers', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-scan-')), 'log.scan');
  fc.assert(
    fc.property(fc.array(rowArbitrary, { maxLength: 20 }), fc.constantFrom(1, 1000), (rows, times) => {
      const all = Array.from({ length: times }, () => rows).flat();
      const writer = new ScanWriter(path);
      for (const row of all) writer.add(row);
      writer.close();
      expect(writer.records).toBe(all.length);
      let index = 0;
      const row = emptyScanRow();
      for (const rows of readScan(path)) {
        for (let at = 0; at < rows.count; at++) {
          rows.get(at, row);
          if (
            !Object.is(JSON.stringify(row, big), JSON.stringify({ ...emptyScanRow(), ...all[index++] }, big))
          )
            throw new Error(`row ${index}`);
        }
      }
      expect(index).toBe(all.length);
    }),
    { numRuns: 30 },
  );
});

test('a stamp keeps a time near that of the manifest to the millisecond, and no other time', () => {
  const madeAt = 1_800_000_000_000;
  const latest = madeAt - 60_000 + 0xffffff - 1;
  for (const time of [madeAt - 60_000, madeAt - 1, madeAt, madeAt + 12_345, latest]) {
    expect(timeOfStamp(stampOf(time, madeAt), madeAt)).toBe(time);
  }
  for (const time of [0, -1, madeAt - 60_001, latest + 1, madeAt * 2, NaN]) {
    expect(timeOfStamp(stampOf(time, madeAt), madeAt)).toBeNull();
  }
});

test('a single column of a row can be read', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-scan-')), 'log.scan');
  const writer = new ScanWriter(path);
  writer.add(emptyScanRow());
  writer.add({ ...emptyScanRow(), partition: 1, offset: 2, producer: 3, sequence: 4, flags: 255, stamp: 5 });
  writer.close();
  const [rows] = readScan(path);
  const columns = [rows!.partitionAt(1), rows!.offsetAt(1), rows!.producerAt(1), rows!.sequenceAt(1)];
  expect(columns).toEqual([1, 2, 3, 4]);
});

const big = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
