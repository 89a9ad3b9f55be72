import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { isAtWork } from '../../src/run-folder/at-work.ts';
import { JournalWriter } from '../../src/run-folder/journal/journal-writer.ts';
import { claimFolder, removeRecord } from '../../src/system/process-record.ts';
import { LedgerWriter } from '../../src/run-folder/ledger/ledger-writer.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { seal } from '../../src/run-folder/seal.ts';

let folder: RunFolder;
beforeEach(() => {
  folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-at-work-')), 'r');
  folder.create();
});

/** The id of a process that has ended: no process can have it. */
const gone = 2 ** 22 + 1;
const openLedger = (session: number, pid: number): LedgerWriter =>
  new LedgerWriter(folder.file(`ledger-p0-${session}.bin`), { run: 'r', producer: 0, session, pid });
const openJournal = (number: number, pid: number): JournalWriter =>
  new JournalWriter(folder.file(`journal-${number}.bin`), {
    run: 'r',
    topicId: 't',
    store: 's',
    categories: [],
    pid,
  });

test('no process is at work in an empty folder, or in one that a crash left behind', async () => {
  expect(await isAtWork(folder)).toBe(false);
  openLedger(0, gone);
  openJournal(1, gone);
  expect(await isAtWork(folder)).toBe(false);
});

test('a nodrop process that claimed the folder is at work', async () => {
  await claimFolder(folder.path, 'node');
  expect(await isAtWork(folder)).toBe(true);
  await removeRecord(folder.path);
  expect(await isAtWork(folder)).toBe(false);
});

test('a producer is at work until its ledger is sealed', async () => {
  openLedger(0, gone);
  openLedger(1, process.pid).close();
  expect(await isAtWork(folder)).toBe(true);
  await seal(folder.file('ledger-p0-1.bin'));
  expect(await isAtWork(folder)).toBe(false);
});

test('a consumer is at work from when it notes its store until its journal is sealed, even if its process lives on', async () => {
  folder.noteConsumer('sqlite:x');
  expect(await isAtWork(folder)).toBe(true);
  openJournal(1, process.pid).close();
  expect(await isAtWork(folder)).toBe(true);
  await seal(folder.file('journal-1.bin'));
  expect(await isAtWork(folder)).toBe(false);
});
