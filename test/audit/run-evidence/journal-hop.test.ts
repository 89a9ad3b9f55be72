/** Journals as evidence: the deliveries and writes that they tell, and when they are not whole. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { CoveredOffsets } from '../../../src/audit/run-evidence/covered-offsets.ts';
import { journalHops, type JournalHops } from '../../../src/audit/run-evidence/journal-hop.ts';
import { categoryUntold, deadLetterCategory } from '../../../src/audit/evidence.ts';
import { rowCodes, type JournalOpening } from '../../../src/run-folder/journal/journal-format.ts';
import {
  openJournal,
  type JournalWriter,
  type WrittenRows,
} from '../../../src/run-folder/journal/journal-writer.ts';
import { none } from '../../../src/workload/place.ts';
import { RunFolder, type Manifest } from '../../../src/run-folder/run-folder.ts';
import { seal } from '../../../src/run-folder/seal.ts';

const manifest = { id: 'r', topicId: 't', base: { '0': 10, '1': 0 } } as unknown as Manifest;
const opening: JournalOpening = {
  run: 'r',
  topicId: 't',
  store: 'store.sqlite',
  categories: ['completed', 'failed', 'gone'],
  pid: 1,
};

let folder: RunFolder;
beforeEach(() => {
  folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-hop-')), 'r');
  folder.create();
});

const open = (change: Partial<JournalOpening> = {}, bytesMax?: number): JournalWriter =>
  openJournal((name) => folder.file(name), { ...opening, ...change }, bytesMax);

const range = (partition: number, first: number, end: number) => ({ partition, first, end });

/** Rows of partition 0, by offset and code. */
const rows = (...all: [offset: number, code: number][]): WrittenRows => ({
  count: all.length,
  partition: all.map(() => 0),
  offset: all.map(([offset]) => offset),
  code: all.map(([, code]) => code),
});

interface Told {
  whole: boolean;
  problem: string;
  rows: string[];
}

interface Said {
  deliveries: Told;
  written: Told;
  refusedWrites: number;
}

/** Both hops, read to their ends. Deliveries as `consumer@epoch partition:first-end`. */
async function read(positions: [number, number][] = [[0, 14]]): Promise<Said | undefined> {
  const hops = await journalHops({
    folder,
    manifest,
    storeLocation: folder.store,
    categories: ['failed', 'completed'],
    positions: new Map(positions),
    ends: new Map(),
  });
  if (hops === undefined) return undefined;
  const { deliveries, written } = {
    deliveries: readDeliveries(hops.deliveries),
    written: readWritten(hops.written),
  };
  return { deliveries, written, refusedWrites: hops.refusedWrites };
}

const told = async (positions?: [number, number][]): Promise<Said> => (await read(positions))!;

function readDeliveries(hop: JournalHops['deliveries']): Told {
  expect(hop.required).toBe(false);
  const rows = [...hop.batches()].flatMap(({ count, consumer, epoch, partition, first, end }) =>
    Array.from(
      { length: count },
      (_, row) => `${consumer[row]}@${epoch[row]} ${partition[row]}:${first[row]}-${end[row]}`,
    ),
  );
  return { whole: hop.whole, problem: hop.problem ?? '', rows };
}

function readWritten(hop: JournalHops['written']): Told {
  expect(hop.required).toBe(false);
  const rows: string[] = [];
  // Row by row, since the arrays are refilled for each batch.
  for (const { count, message, partition, offset, category, content } of hop.batches()) {
    for (let row = 0; row < count; row++) {
      expect([message[row], content[row]]).toEqual([none, 0]);
      rows.push(`${partition[row]}:${offset[row]} ${category[row]}`);
    }
  }
  return { whole: hop.whole, problem: hop.problem ?? '', rows };
}

/** One batch that was delivered and written: offsets 10 to 13, of which 12 holds no row. */
function noteBatch(journal: JournalWriter): void {
  journal.beginEpoch(3);
  journal.delivered([range(0, 10, 14)]);
  journal.written([range(0, 10, 14)], rows([10, 0], [11, 1], [13, rowCodes.deadLetter]));
}

test('a run without a journal has neither deliveries nor writes as evidence', async () => {
  expect(await read()).toBeUndefined();
});

test('a journal yields its deliveries, and its rows in the categories of the evidence', async () => {
  const journal = open();
  noteBatch(journal);
  journal.close();
  await seal(journal.path);
  expect(
    await read([
      [0, 14],
      [1, 0],
    ]),
  ).toEqual({
    deliveries: { whole: true, problem: '', rows: ['1@3 0:10-14'] },
    written: { whole: true, problem: '', rows: ['0:10 1', '0:11 0', `0:13 ${deadLetterCategory}`] },
    refusedWrites: 0,
  });
});

test('offsets that retention took leave both hops whole, and were neither delivered nor written', async () => {
  const journal = open();
  noteBatch(journal);
  journal.skipped([range(0, 14, 50)]);
  journal.close();
  await seal(journal.path);
  const { deliveries, written } = await told([[0, 50]]);
  expect(deliveries).toEqual({ whole: true, problem: '', rows: ['1@3 0:10-14'] });
  expect(written).toMatchObject({ whole: true, rows: { length: 3 } });
  // Without the entry, nobody knows what became of them.
  expect((await told([[0, 51]])).deliveries).toMatchObject({
    whole: false,
    problem: expect.stringContaining('0:50 was delivered') as string,
  });
});

test('a row whose category the evidence does not know has an untold category', async () => {
  const journal = open();
  journal.delivered([range(0, 10, 11)]);
  journal.written([range(0, 10, 11)], rows([10, 2]));
  expect((await told([[0, 11]])).written).toMatchObject({ whole: true, rows: [`0:10 ${categoryUntold}`] });
});

test('the rows of a large batch are read whole, over several batches', async () => {
  const journal = open();
  journal.delivered([range(0, 10, 10_010)]);
  const offsets = Array.from({ length: 10_000 }, (_, index) => 10 + index);
  journal.written([range(0, 10, 10_010)], rows(...offsets.map((offset): [number, number] => [offset, 1])));
  const { written } = await told([[0, 10_010]]);
  expect(written.whole).toBe(true);
  expect(written.rows).toEqual(offsets.map((offset) => `0:${offset} 0`));
});

test("a killed consumer's journal and its successor's are whole, and both deliveries of a range count", async () => {
  const killed = open();
  noteBatch(killed);
  // Killed between the delivery and the commit, within a frame.
  killed.delivered([range(0, 14, 20)]);
  appendFileSync(killed.path, Buffer.from([50, 0, 0, 0, 1]));
  const next = open();
  next.beginEpoch(4);
  next.delivered([range(0, 14, 16)]);
  next.written([range(0, 14, 16)], rows([14, 0], [15, 0]));
  next.delivered([range(0, 16, 20)]);
  next.written([range(0, 16, 20)], rows([16, 0]));
  next.close();
  await seal(next.path);
  const { deliveries, written } = await told([[0, 20]]);
  expect(deliveries).toMatchObject({
    whole: true,
    rows: ['1@3 0:10-14', '1@3 0:14-20', '2@4 0:14-16', '2@4 0:16-20'],
  });
  expect(written).toMatchObject({ whole: true });
  expect(written.rows).toHaveLength(6);
});

test('a commit in doubt leaves the deliveries whole, and the writes not whole', async () => {
  const killed = open();
  noteBatch(killed);
  killed.delivered([range(0, 14, 20)]);
  const next = open();
  // The store had committed the batch, so the next consumer goes on behind it.
  next.delivered([range(0, 20, 21)]);
  next.written([range(0, 20, 21)], rows([20, 0]));
  const { deliveries, written } = await told([[0, 21]]);
  expect(deliveries.whole).toBe(true);
  expect(written).toMatchObject({ whole: false, problem: expect.stringContaining('0:14') });
});

test('journals account for an offset that was written, or delivered to a consumer that was killed afterwards', async () => {
  const killed = open();
  noteBatch(killed);
  killed.delivered([range(0, 14, 20)]);
  const late = open();
  late.delivered([range(0, 20, 22)]);
  late.refused([range(0, 20, 22)]);
  const accounted = async (): Promise<number[]> => {
    const { written } = (await journalHops({
      folder,
      manifest,
      storeLocation: folder.store,
      categories: ['failed', 'completed'],
      positions: new Map([[0, 23]]),
      ends: new Map(),
    }))!;
    readWritten(written);
    return Array.from({ length: 13 }, (_, index) => 10 + index).filter(
      (offset) => written.accountsFor?.(0, offset) === true,
    );
  };
  // 12 has no row. 20 and 21 were refused: another consumer wrote them, and its journal is missing.
  expect(await accounted()).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  // A last entry that is cut short may have covered more offsets.
  truncateSync(killed.path, readFileSync(killed.path).length - 1);
  expect(await accounted()).toEqual([10, 11, 12, 13]);
});

test("a batch that was refused because another consumer had stored it is written by that consumer's journal", async () => {
  const [late, early] = [open(), open()];
  late.delivered([range(0, 10, 14)]);
  noteBatch(early);
  late.refused([range(0, 10, 14)]);
  expect(await read()).toMatchObject({
    deliveries: { whole: true },
    written: { whole: true },
    refusedWrites: 1,
  });
});

test.each<[string, (path: string) => void]>([
  ['bytes that are not a journal', (path) => writeFileSync(path, 'nonsense, and more of it')],
  ['an altered byte', (path) => writeFileSync(path, readFileSync(path).fill(0x55, 150, 151))],
  ['its tail cut off', (path) => truncateSync(path, readFileSync(path).length - 40)],
])('a journal with %s is not whole, sealed or not', async (_, spoil) => {
  const journal = open();
  noteBatch(journal);
  journal.close();
  await seal(journal.path);
  spoil(journal.path);
  const sealed = await told();
  expect(sealed.deliveries).toMatchObject({ whole: false, rows: [] });
  expect(sealed.deliveries.problem).toContain('changed after it was sealed');
  rmSync(`${journal.path}.sha256`);
  expect((await told()).written).toMatchObject({ whole: false });
});

test('a journal that reached its size limit yields its entries, and is not whole', async () => {
  const journal = open({}, 260);
  noteBatch(journal);
  for (let first = 14; first < 100; first++) journal.delivered([range(0, first, first + 1)]);
  const { deliveries, written } = await told();
  expect(deliveries.rows[0]).toBe('1@3 0:10-14');
  expect(deliveries).toMatchObject({ whole: false, problem: expect.stringContaining('limit') });
  expect(written).toMatchObject({ whole: false, problem: expect.stringContaining('limit') });
});

test('journals are not whole if a consumer kept none, or if one was deleted', async () => {
  const first = open();
  noteBatch(first);
  const second = open();
  second.delivered([range(0, 14, 16)]);
  second.written([range(0, 14, 16)], rows([14, 0]));
  expect(await read([[0, 16]])).toMatchObject({ deliveries: { whole: true }, written: { whole: true } });
  // A consumer without a journal went on to 18.
  expect(await read([[0, 18]])).toMatchObject({ deliveries: { whole: false }, written: { whole: false } });
  // No journal mentions partition 1.
  expect(
    await read([
      [0, 16],
      [1, 5],
    ]),
  ).toMatchObject({ deliveries: { whole: false } });
  const bytes = readFileSync(second.path);
  rmSync(second.path);
  expect(await read([[0, 16]])).toMatchObject({ deliveries: { whole: false }, written: { whole: false } });
  writeFileSync(second.path, bytes);
  rmSync(first.path);
  expect((await told([[0, 16]])).deliveries.problem).toContain('of 2 journals only 1');
});

test('journals of another store or topic are ignored', async () => {
  for (const change of [{ store: '../other.sqlite' }, { topicId: 'u' }]) noteBatch(open(change));
  expect(await read()).toBeUndefined();
  noteBatch(open());
  expect(await read()).toMatchObject({ deliveries: { whole: true, rows: ['3@3 0:10-14'] } });
});

test("the journals are not whole if another run's journal is in place of one of this run", async () => {
  noteBatch(open({ run: 's' }));
  const problem = 'journal-1.bin is of another run';
  expect(await read()).toMatchObject({ deliveries: { whole: false, problem, rows: [] } });
});

test('the journals are not whole if one that the run folder has noted is missing', async () => {
  const journal = open();
  folder.noteConsumer(folder.store, { journal: 1 });
  rmSync(journal.path);
  const problem = 'of 1 journals only 0 are there';
  expect(await read()).toMatchObject({ deliveries: { whole: false, problem }, written: { whole: false } });
});

test('CoveredOffsets covers exactly the offsets that a set of them holds', () => {
  const part = fc.tuple(fc.nat(1), fc.nat(30), fc.nat(8));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), part, (parts, [partition, first, length]) => {
      const covered = new CoveredOffsets();
      const model = new Set<string>();
      for (const [partition, first, length] of parts) {
        covered.add(range(partition, first, first + length));
        for (let offset = first; offset < first + length; offset++) model.add(`${partition}:${offset}`);
      }
      const wanted = Array.from({ length }, (_, index) => `${partition}:${first + index}`);
      const gap = wanted.findIndex((at) => !model.has(at));
      expect(covered.firstGap(range(partition, first, first + length))).toBe(
        gap === -1 ? undefined : first + gap,
      );
      const held = [...covered.ranges()].flatMap(({ partition, first, end }) =>
        Array.from({ length: end - first }, (_, index) => `${partition}:${first + index}`),
      );
      expect(held.sort()).toEqual([...model].sort());
    }),
    { numRuns: 500 },
  );
});
