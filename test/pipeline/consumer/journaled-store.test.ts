import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { OperationalError } from '../../../src/errors.ts';
import { rowCodes } from '../../../src/run-folder/journal/journal-format.ts';
import { JournalReader, type JournalEntry } from '../../../src/run-folder/journal/journal-reader.ts';
import { JournalWriter } from '../../../src/run-folder/journal/journal-writer.ts';
import { journaledStore } from '../../../src/pipeline/consumer/journaled-store.ts';
import { RowBatch, FencedError, type Store } from '../../../src/stores/store.ts';

let journal: JournalWriter;
beforeEach(() => {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-journaled-')), 'journal-1.bin');
  journal = new JournalWriter(path, { run: 'r', topicId: 't', store: 's', categories: ['a', 'b'], pid: 1 });
});

let told: string[] = [];
beforeEach(() => (told = []));
const patience = {
  timeoutMs: 10_000,
  signal: new AbortController().signal,
  note: (line: string) => told.push(line),
};
const journaled = (store: Store): Store =>
  journaledStore(store, { journal, run: 'r', categories: 2, patience });

const entries = (): JournalEntry[] => [...new JournalReader(journal.path).entries()];

/** A store that calls `onWrite` in each write, and counts the writes. */
function storeThat(onWrite: () => void): Store & { writes: number } {
  const store = {
    writes: 0,
    claim: async () => new Map(),
    offsets: async () => new Map(),
    close: async () => undefined,
    write: async () => {
      onWrite();
      store.writes += 1;
    },
  };
  return store;
}

function batchOf(...rows: [offset: number, category: number, run: string | null][]): RowBatch {
  const nothing = { key: null, payload: null, producer: null, sequence: null, id: null, digest: null };
  return RowBatch.of(
    rows.map(([offset, category, run]) => ({ ...nothing, partition: 0, offset, category, run })),
  );
}

const advances = [{ partition: 0, from: 5, next: 9, epoch: 1 }];

test('the journal notes a batch as delivered before the store gets it, and as written, with its rows, afterwards', async () => {
  const batch = batchOf([5, 1, 'r'], [6, 0, 'other'], [7, 0, null]);
  const letter = { partition: 0, offset: 8, key: null, payload: null, headers: null, reason: 'why' };
  batch.deadLetters.push(letter);
  let before: string[] = [];
  const store = storeThat(() => (before = entries().map(({ type }) => type)));
  await journaled(store).write('t', batch, advances);
  expect(before).toEqual(['delivered']);
  const ranges = [{ partition: 0, first: 5, end: 9 }];
  const codes = [1, rowCodes.noRow, rowCodes.noRow, rowCodes.deadLetter];
  expect(entries()).toMatchObject([
    { type: 'delivered', ranges, rows: [0, 1, 1] },
    { type: 'written', ranges, spans: [{ partition: 0, first: 5, codes: Buffer.from(codes) }] },
  ]);
});

test('the journal notes a write as refused if another consumer had stored the batch, and the error is passed on', async () => {
  const stale = new FencedError(0);
  const store = storeThat(() => {
    throw stale;
  });
  await expect(journaled(store).write('t', batchOf(), advances)).rejects.toBe(stale);
  expect(entries().map(({ type }) => type)).toEqual(['delivered', 'refused']);
});

test('the journal notes neither a write nor a refusal if a write was refused after an outage', async () => {
  const late = new FencedError(0, { isInDoubt: true });
  const store = storeThat(() => {
    throw late;
  });
  await expect(journaled(store).write('t', batchOf(), advances)).rejects.toBe(late);
  expect(entries().map(({ type }) => type)).toEqual(['delivered']);
});

test('the journal notes neither a write nor a refusal if the store fails', async () => {
  const store = storeThat(() => {
    throw new Error('no');
  });
  await expect(journaled(store).write('t', batchOf(), advances)).rejects.toThrow('no');
  expect(entries().map(({ type }) => type)).toEqual(['delivered']);
});

test('an error in the journal stops the consumer before a write to the store, or after a whole one', async () => {
  const after = storeThat(() => journal.close());
  const stopped = journaled(after).write('t', batchOf([5, 0, 'r']), advances);
  await expect(stopped).rejects.toThrow(OperationalError);
  expect(after.writes).toBe(1);
  const before = storeThat(() => undefined);
  const refused = journaled(before).write('t', batchOf([5, 0, 'r']), advances);
  await expect(refused).rejects.toThrow(/The journal .*journal-1\.bin cannot be written/);
  expect(before.writes).toBe(0);
});

test('the journal waits while the disk is full, and then has each entry once', async () => {
  const delivered = journal.delivered.bind(journal);
  let refusals = 2;
  journal.delivered = (...args) => {
    if (refusals-- > 0) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    delivered(...args);
  };
  const store = storeThat(() => undefined);
  await journaled(store).write('t', batchOf([5, 0, 'r']), advances);
  expect(store.writes).toBe(1);
  expect(entries().map(({ type }) => type)).toEqual(['delivered', 'written']);
  expect(told).toEqual([
    expect.stringMatching(/^The journal .* cannot be written: ENOSPC.* Trying again for 10000 ms\.$/),
    'The journal is back.',
  ]);
});
