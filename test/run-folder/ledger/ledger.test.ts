import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import {
  LedgerReader,
  readIntended,
  readLedgerOpening,
  type LedgerSummary,
} from '../../../src/run-folder/ledger/ledger-reader.ts';
import { LedgerWriter } from '../../../src/run-folder/ledger/ledger-writer.ts';
import { outcomes, type Outcome } from '../../../src/run-folder/ledger/outcome.ts';
import { wallClockMs } from '../../../src/system/wall-clock.ts';
import { asFormat1 } from '../../fixtures/as-format-1.ts';

const opening = { run: 'r', producer: 0, session: 0, pid: 42 };

interface Attempt {
  sequence: number;
  outcome: Outcome;
  partition: number;
  offset: number;
}

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'nodrop-ledger-')), 'ledger.bin');
});

function readAll(): { attempts: Attempt[]; summary: LedgerSummary } {
  const reader = new LedgerReader(path);
  const attempts: Attempt[] = [];
  for (const { count, sequence, outcome, partition, offset } of reader.batches()) {
    for (let row = 0; row < count; row++) {
      attempts.push({
        sequence: sequence[row]!,
        outcome: outcomes[outcome[row]!]!,
        partition: partition[row]!,
        offset: offset[row]!,
      });
    }
  }
  return { attempts, summary: reader.summary };
}

/** Three messages: one batch of two that was acked, one that was rejected. */
function writeSmall(): void {
  const ledger = new LedgerWriter(path, opening);
  ledger.intend(0, 2);
  ledger.record({ outcome: 'acked', partition: 1, offset: 10, errorCode: 0, sequences: [0, 1] });
  ledger.intend(2, 1);
  ledger.record({ outcome: 'rejected', partition: 0, offset: -1, errorCode: 10, sequences: [2] });
  ledger.finish();
  ledger.close();
}

test('the attempts in a ledger are read back unchanged', () => {
  writeSmall();
  const { attempts, summary } = readAll();
  expect(attempts).toEqual([
    { sequence: 0, outcome: 'acked', partition: 1, offset: 10 },
    { sequence: 1, outcome: 'acked', partition: 1, offset: 11 },
    { sequence: 2, outcome: 'rejected', partition: 0, offset: -1 },
  ]);
  expect(summary).toMatchObject({ torn: false, opening, closed: 'finished' });
  expect(readLedgerOpening(path)).toMatchObject(opening);
});

test('each frame has a time, except in format 1', () => {
  const before = wallClockMs();
  writeSmall();
  const all = readAll();
  const frames = [...new LedgerReader(path).frames()];
  const times = frames.map(({ timeMs }) => timeMs!);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times[0]).toBeGreaterThanOrEqual(before);
  expect(times.at(-1)).toBeLessThanOrEqual(wallClockMs());
  path = asFormat1(path);
  const old = readAll();
  expect(old.attempts).toEqual(all.attempts);
  expect(old.summary).toMatchObject({ torn: false, closed: 'finished' });
  expect([...new LedgerReader(path).frames()]).toEqual(frames.map((frame) => ({ ...frame, timeMs: null })));
});

test.each(['as it is written', 'of format 1'])(
  'the intents of a ledger %s are read without its outcomes',
  (format) => {
    writeSmall();
    if (format === 'of format 1') path = asFormat1(path);
    expect(readIntended(path)).toMatchObject({ opening, first: 0, next: 3, closed: 'finished', torn: false });
  },
);

test('the frame of an outcome has its error code', () => {
  writeSmall();
  const frames = [...new LedgerReader(path).frames()];
  expect(frames).toMatchObject([
    { type: 'intent', first: 0, count: 2 },
    { type: 'outcome', outcome: 0, partition: 1, offset: 10, errorCode: 0, count: 2 },
    { type: 'intent', first: 2, count: 1 },
    { type: 'outcome', outcome: 1, partition: 0, offset: -1, errorCode: 10, count: 1 },
  ]);
});

test('an existing ledger is never opened for writing', () => {
  writeSmall();
  const before = readFileSync(path);
  expect(() => new LedgerWriter(path, opening)).toThrow(/EEXIST/);
  expect(readFileSync(path)).toEqual(before);
});

test('a ledger that is cut at any byte is read up to there, and intents without an outcome are unknown', () => {
  writeSmall();
  const whole = readFileSync(path);
  const { attempts: all } = readAll();
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(path, whole);
    truncateSync(path, length);
    const { attempts, summary } = readAll();
    expect(summary.damage).toBeUndefined();
    expect(summary.closed).toBeUndefined();
    for (const attempt of attempts) {
      const isKnown = all.some((known) => JSON.stringify(known) === JSON.stringify(attempt));
      expect(isKnown || attempt.outcome === 'unknown').toBe(true);
    }
  }
});

test('any flipped bit in a ledger is damage', () => {
  writeSmall();
  const whole = readFileSync(path);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(7), (at, bit) => {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1 << bit;
      writeFileSync(path, bytes);
      const { summary } = readAll();
      // A length that now reaches past the end of the file looks like a torn tail, without a closing.
      expect(summary.damage !== undefined || (summary.torn && summary.closed === undefined)).toBe(true);
    }),
  );
});

test('an outcome without an intent is damage', () => {
  const ledger = new LedgerWriter(path, opening);
  ledger.record({ outcome: 'acked', partition: 0, offset: 0, errorCode: 0, sequences: [0] });
  ledger.close();
  expect(readAll().summary.damage).toContain('without an intent');
});

test('batches and outcomes in any order are read back, and intents without an outcome are unknown', () => {
  const outcome = fc.constantFrom<Outcome | 'none'>(...outcomes, 'none');
  fc.assert(
    fc.property(fc.array(fc.array(outcome, { minLength: 1, maxLength: 5 }), { maxLength: 6 }), (batches) => {
      path = join(mkdtempSync(join(tmpdir(), 'nodrop-ledger-')), 'ledger.bin');
      const ledger = new LedgerWriter(path, opening);
      const expected = new Map<number, Outcome>();
      let next = 0;
      for (const batch of batches) {
        const first = next;
        ledger.intend(first, batch.length);
        next += batch.length;
        for (const [index, said] of batch.entries()) {
          expected.set(first + index, said === 'none' ? 'unknown' : said);
          if (said === 'none') continue;
          ledger.record({
            outcome: said,
            partition: 0,
            offset: -1,
            errorCode: 0,
            sequences: [first + index],
          });
        }
      }
      ledger.close();
      const { attempts } = readAll();
      expect(new Map(attempts.map((attempt) => [attempt.sequence, attempt.outcome]))).toEqual(expected);
      expect(attempts).toHaveLength(expected.size);
    }),
    { numRuns: 50 },
  );
});

/** The transaction of each attempt and the end of each transaction. */
function transactionsIn(): { of: [sequence: number, transaction: number][]; ends: string[] } {
  const reader = new LedgerReader(path);
  const of: [number, number][] = [];
  for (const { count, sequence, transaction } of reader.batches())
    for (let row = 0; row < count; row++) of.push([sequence[row]!, transaction[row]!]);
  expect(reader.summary.damage).toBe(undefined);
  return { of, ends: reader.transactions.map(({ number, end }) => `${number} ${end}`) };
}

const acked = (sequence: number) =>
  ({ outcome: 'acked', partition: 0, offset: sequence, errorCode: 0, sequences: [sequence] }) as const;

test('a ledger says which transaction each attempt belongs to, and how each transaction ended', () => {
  const ledger = new LedgerWriter(path, opening);
  ledger.intend(0, 1);
  ledger.record(acked(0));
  for (const [number, end] of [
    [4, 'committed'],
    [5, 'aborted'],
    [6, 'unknown'],
  ] as const) {
    ledger.begin(number);
    ledger.intend(number, 1);
    ledger.record(acked(number));
    ledger.requestEnd(number, end !== 'aborted');
    ledger.end(number, end, 0);
  }
  ledger.close();
  expect(transactionsIn()).toEqual({
    of: [
      [0, -1],
      [4, 0],
      [5, 1],
      [6, 2],
    ],
    ends: ['4 committed', '5 aborted', '6 unknown'],
  });
});

test.each([
  ['nothing was requested', undefined, 'unknown'],
  ['a commit was requested', true, 'unknown'],
  ['an abort was requested', false, 'aborted'],
])('if %s when the producer died, the end of its transaction follows', (_, isCommit, end) => {
  const ledger = new LedgerWriter(path, opening);
  ledger.begin(3);
  ledger.intend(0, 2);
  ledger.record(acked(0));
  if (isCommit !== undefined) ledger.requestEnd(3, isCommit);
  expect(transactionsIn()).toEqual({
    of: [
      [0, 0],
      [1, 0],
    ],
    ends: [`3 ${end}`],
  });
  ledger.close();
});

test.each<[string, (ledger: LedgerWriter) => void]>([
  ['it begins a transaction within another', (ledger) => ledger.begin(2)],
  ['it ends transaction 2, which is not open', (ledger) => ledger.requestEnd(2, true)],
  ['it ends transaction 2, which is not open', (ledger) => ledger.end(2, 'committed', 0)],
])('a ledger is damaged if %s', (damage, spoil) => {
  const ledger = new LedgerWriter(path, opening);
  ledger.begin(1);
  spoil(ledger);
  ledger.close();
  expect(readAll().summary.damage).toBe(damage);
});
