import { mkdtempSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { FrameWriter } from '../../../src/run-folder/frames.ts';
import { journalFilePattern, rowCodes } from '../../../src/run-folder/journal/journal-format.ts';
import {
  JournalReader,
  readJournalOpening,
  type JournalEntry,
  type JournalSummary,
} from '../../../src/run-folder/journal/journal-reader.ts';
import {
  JournalWriter,
  openJournal,
  type WrittenRows,
} from '../../../src/run-folder/journal/journal-writer.ts';
import { wallClockMs } from '../../../src/system/wall-clock.ts';
import { asFormat1 } from '../../fixtures/as-format-1.ts';

const opening = {
  run: 'r',
  topicId: 't',
  store: 'store.sqlite',
  categories: ['failed', 'completed'],
  pid: 42,
};

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nodrop-journal-'));
  path = join(folder, 'journal-1.bin');
});

function readAll(): { entries: JournalEntry[]; summary: JournalSummary } {
  const reader = new JournalReader(path);
  return { entries: [...reader.entries()], summary: reader.summary };
}

const rows = (...all: [partition: number, offset: number, code: number][]): WrittenRows => ({
  count: all.length,
  partition: all.map(([partition]) => partition),
  offset: all.map(([, offset]) => offset),
  code: all.map(([, , code]) => code),
});

const untimed = (entries: readonly JournalEntry[]): object[] =>
  entries.map((entry) => ({ ...entry, timeMs: null, ...(entry.type === 'delivered' && { rows: [] }) }));

/** The rows of the written entries. */
const rowsOf = (entries: readonly JournalEntry[]): [number, number, number][] =>
  entries.flatMap((entry) =>
    entry.type !== 'written'
      ? []
      : entry.spans.flatMap(({ partition, first, codes }) =>
          [...codes]
            .map((code, index): [number, number, number] => [partition, first + index, code])
            .filter(([, , code]) => code !== rowCodes.noRow),
        ),
  );

const range = (partition: number, first: number, end: number) => ({ partition, first, end });

/** Two batches: one that was written, and one that was refused. */
function writeSmall(): void {
  const journal = new JournalWriter(path, opening);
  journal.beginEpoch(7);
  journal.delivered([range(0, 0, 4), range(1, 10, 12)], [1, 2, 1]);
  journal.written(
    [range(0, 0, 4), range(1, 10, 12)],
    rows([0, 0, 1], [0, 3, rowCodes.deadLetter], [1, 10, 0], [1, 11, 1]),
  );
  journal.delivered([range(1, 12, 20)]);
  journal.refused([range(1, 12, 20)]);
  journal.skipped([range(0, 4, 9)]);
  journal.close();
}

test('the entries of a journal are read back unchanged', () => {
  writeSmall();
  const { entries, summary } = readAll();
  expect(summary).toMatchObject({ torn: false, closed: true, overflowed: false, opening });
  expect(readJournalOpening(path)).toMatchObject(opening);
  expect(entries.map(({ type, ranges }) => ({ type, ranges }))).toEqual([
    { type: 'delivered', ranges: [range(0, 0, 4), range(1, 10, 12)] },
    { type: 'written', ranges: [range(0, 0, 4), range(1, 10, 12)] },
    { type: 'delivered', ranges: [range(1, 12, 20)] },
    { type: 'refused', ranges: [range(1, 12, 20)] },
    { type: 'skipped', ranges: [range(0, 4, 9)] },
  ]);
  expect(entries[0]).toMatchObject({ epoch: 7, rows: [1, 2, 1] });
  expect(entries[2]).toMatchObject({ epoch: 7, rows: [] });
  expect(rowsOf(entries)).toEqual([
    [0, 0, 1],
    [0, 3, rowCodes.deadLetter],
    [1, 10, 0],
    [1, 11, 1],
  ]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('each entry has a time, except in format 1', () => {
  const before = wallClockMs();
  writeSmall();
  const { entries } = readAll();
  const times = entries.map(({ timeMs }) => timeMs!);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times[0]).toBeGreaterThanOrEqual(before);
  expect(times.at(-1)).toBeLessThanOrEqual(wallClockMs());
  path = asFormat1(path);
  const old = readAll();
  expect(old.summary).toMatchObject({ torn: false, closed: true, overflowed: false, opening });
  expect(old.entries).toEqual(
    entries.map((entry) => ({ ...entry, timeMs: null, ...(entry.type === 'delivered' && { rows: [] }) })),
  );
});

test('an unknown format of a journal is damage', () => {
  const frames = new FrameWriter(path);
  frames.appendJson(1, { format: 5, ...opening });
  frames.close();
  expect(readAll().summary.damage).toContain('format 5');
});

test('two rows at one offset, and rows outside of the fetched range, are read back unchanged', () => {
  const journal = new JournalWriter(path, opening);
  journal.written([range(0, 5, 7)], rows([0, 6, 1], [0, 5, 0], [0, 6, 0], [0, 1_000_006, 1], [3, 0, 0]));
  journal.close();
  expect(rowsOf(readAll().entries)).toEqual([
    [0, 5, 0],
    [0, 6, 1],
    [0, 6, 0],
    [0, 1_000_006, 1],
    [3, 0, 0],
  ]);
});

test('each process gets its own journal file', () => {
  const journals = [1, 2, 3].map(() => openJournal((name) => join(folder, name), opening));
  expect(journals.map((journal) => journal.path)).toEqual(
    [1, 2, 3].map((number) => join(folder, `journal-${number}.bin`)),
  );
  for (const journal of journals) journal.close();
  expect(() => new JournalWriter(path, opening)).toThrow(/EEXIST/);
  expect(
    ['journal-1.bin', 'journal-12.bin', 'journal-0.bin', 'journal-1.bin.sha256'].map((name) =>
      journalFilePattern.test(name),
    ),
  ).toEqual([true, true, false, false]);
});

test('a journal that is cut at any byte is read up to there, without wrong entries', () => {
  writeSmall();
  const whole = readFileSync(path);
  const all = readAll().entries;
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(path, whole);
    truncateSync(path, length);
    const { entries, summary } = readAll();
    expect(summary.damage).toBeUndefined();
    expect(summary.closed).toBe(false);
    expect(entries).toEqual(all.slice(0, entries.length));
    expect(readJournalOpening(path) === undefined).toBe(summary.opening === undefined);
  }
});

test('any flipped bit in a journal is damage', () => {
  writeSmall();
  const whole = readFileSync(path);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(7), (at, bit) => {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1 << bit;
      writeFileSync(path, bytes);
      const { summary } = readAll();
      // A length that now reaches past the end of the file looks like a torn tail, without a closing.
      expect(summary.damage !== undefined || (summary.torn && !summary.closed)).toBe(true);
    }),
  );
});

test('a journal at its size limit notes that it overflowed, and no more entries', () => {
  writeSmall();
  const all = readAll().entries;
  const whole = statSync(path).size;
  for (let bytesMax = 200; bytesMax < whole + 20; bytesMax++) {
    path = join(folder, `limit-${bytesMax}.bin`);
    const journal = new JournalWriter(path, opening, bytesMax);
    journal.beginEpoch(7);
    journal.delivered([range(0, 0, 4), range(1, 10, 12)]);
    journal.written(
      [range(0, 0, 4), range(1, 10, 12)],
      rows([0, 0, 1], [0, 3, rowCodes.deadLetter], [1, 10, 0], [1, 11, 1]),
    );
    journal.delivered([range(1, 12, 20)]);
    journal.refused([range(1, 12, 20)]);
    journal.skipped([range(0, 4, 9)]);
    journal.close();
    const { entries, summary } = readAll();
    expect(summary.damage).toBeUndefined();
    expect(untimed(entries)).toEqual(untimed(all.slice(0, entries.length)));
    expect(summary).toMatchObject({ closed: true, overflowed: entries.length < all.length });
    // The closing takes 9 bytes in addition.
    expect(statSync(path).size).toBeLessThanOrEqual(Math.max(bytesMax + 9, 200));
  }
});

test('an entry behind the closing, and a journal without an opening, are damage', () => {
  const journal = new JournalWriter(path, opening);
  journal.close();
  expect(readAll().summary.damage).toBeUndefined();
  const again = readFileSync(path);
  // The closing, twice.
  writeFileSync(path, Buffer.concat([again, again.subarray(again.length - 9)]));
  expect(readAll().summary.damage).toContain('after its end');
  // No opening.
  writeFileSync(path, again.subarray(again.length - 9));
  expect(readAll().summary.damage).toContain('opening');
  expect(readJournalOpening(path)).toBeUndefined();
});

const rowArbitrary = fc.tuple(
  fc.nat(2),
  fc.oneof(fc.nat(30), fc.nat(Number.MAX_SAFE_INTEGER - 1)),
  fc.constantFrom(0, 1, 63, rowCodes.deadLetter),
);

test('any rows in any order are read back', () => {
  let runs = 0;
  fc.assert(
    fc.property(fc.array(fc.array(rowArbitrary, { maxLength: 40 }), { maxLength: 4 }), (batches) => {
      path = join(folder, `model-${(runs += 1)}.bin`);
      const journal = new JournalWriter(path, opening);
      for (const [index, batch] of batches.entries()) {
        journal.delivered([range(index, index, 1000)]);
        journal.written([range(index, index, 1000)], rows(...batch));
      }
      journal.close();
      const { entries, summary } = readAll();
      expect(summary).toMatchObject({ closed: true, torn: false, overflowed: false });
      const text = (all: [number, number, number][]): string[] => all.map((row) => row.join(':')).sort();
      for (const [index, batch] of batches.entries()) {
        const written = entries[index * 2 + 1]!;
        expect(written.ranges).toEqual([range(index, index, 1000)]);
        expect(text(rowsOf([written]))).toEqual(text(batch));
      }
    }),
    { numRuns: 200 },
  );
});
