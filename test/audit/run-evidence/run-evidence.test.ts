/** The evidence in a run's folder, without a broker: ledger, saved scan and store, each spoilt in turn. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { auditRun } from '../../../src/audit/audit-run.ts';
import { digestOf, digestText } from '../../../src/workload/digest.ts';
import { openRunEvidence } from '../../../src/audit/run-evidence/run-evidence.ts';
import {
  scanFlags,
  ScanWriter,
  writeScanSummary,
  type ScanRow,
} from '../../../src/run-folder/log-scan-file.ts';
import { LedgerWriter } from '../../../src/run-folder/ledger/ledger-writer.ts';
import { RunFolder } from '../../../src/run-folder/run-folder.ts';
import { seal } from '../../../src/run-folder/seal.ts';
import { openStore, storeFileOf } from '../../../src/stores/engines.ts';
import { RowBatch, type RowValues } from '../../../src/stores/store.ts';
import type { Audit } from '../../../src/result/verdict.ts';
import { audit } from '../../../src/audit/judge/audit.ts';
import { messageId, Workload } from '../../../src/workload/workload.ts';
import { runManifest } from '../../fixtures/run-manifest.ts';

const count = 6;
const manifest = runManifest(count);
const workload = new Workload(manifest);

interface Message {
  row: ScanRow;
  key: Buffer;
  payload: Buffer;
  state: number;
}

function messageOf(sequence: number): Message {
  const { key, payload, state } = workload.message(0, sequence);
  const bytes = { key: Buffer.from(key), payload: Buffer.from(payload) };
  const digest = digestOf(bytes.key, bytes.payload, { run: 'r', producer: 'p0', session: 0, sequence });
  const place = { partition: 0, offset: sequence };
  const row = {
    ...place,
    digest,
    statedDigest: digest,
    producer: 0,
    session: 0,
    sequence,
    flags: 0,
    stamp: 0,
  };
  return { row, ...bytes, state };
}

interface Spoils {
  scan?: (rows: ScanRow[]) => ScanRow[];
  store?: (rows: RowValues[]) => void;
  /** SQL that is executed after the store was written. */
  alter?: string;
  topicId?: string;
}

/** The audit of a healthy run with these changes. */
async function auditSpoilt({ scan, store, alter = '', topicId = 'topic-id' }: Spoils): Promise<Audit> {
  const folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-evidence-')), 'r');
  folder.create();
  folder.writeManifest(manifest);
  const messages = Array.from({ length: count }, (_, sequence) => messageOf(sequence));
  await writeLedger(folder);
  const writer = new ScanWriter(folder.logScan);
  const rows = messages.map(({ row }) => row);
  const records = scan?.(rows) ?? rows;
  for (const row of records) writer.add(row);
  writer.close();
  const ranges = [{ partition: 0, start: 0, startAfter: 0, end: 20, lastStableOffset: 20 }];
  writeScanSummary(folder.logSummary, {
    schema: 1,
    topic: 't',
    topicId,
    ranges,
    compacted: false,
    records: records.length,
    isFinal: true,
    problems: [],
  });
  await seal(folder.logScan);
  await seal(folder.logSummary);
  await writeStore(folder, messages, store);
  const database = new DatabaseSync(storeFileOf(folder.store)!);
  database.exec(alter);
  database.close();
  await using open = await openRunEvidence(folder, manifest, folder.store);
  return await audit(open.evidence);
}

async function writeLedger(folder: RunFolder): Promise<void> {
  const path = folder.file('ledger-p0-0.bin');
  const ledger = new LedgerWriter(path, { run: 'r', producer: 0, session: 0, pid: 1 });
  ledger.intend(0, count);
  const sequences = [...Array.from({ length: count }).keys()];
  ledger.record({ outcome: 'acked', partition: 0, offset: 0, errorCode: 0, sequences });
  ledger.finish();
  ledger.close();
  await seal(path);
}

async function writeStore(folder: RunFolder, messages: Message[], spoil: Spoils['store']): Promise<void> {
  const states = manifest.states.map(({ name }) => name);
  const store = await openStore(folder.store, { categories: states });
  const rows = messages.map(({ row, key, payload, state }, sequence): RowValues => ({
    category: state,
    partition: 0,
    offset: sequence,
    key,
    payload,
    run: 'r',
    producer: 'p0',
    sequence,
    id: messageId(0, sequence),
    digest: digestText(row.digest),
  }));
  spoil?.(rows);
  await store.claim({ run: 'r', topic: 't', topicId: 'topic-id' }, new Map([[0, 0]]));
  await store.write('topic-id', RowBatch.of(rows), [{ partition: 0, from: 0, next: 20, epoch: 1 }]);
  await store.close();
}

const found = ({ findings }: Audit): string[] =>
  findings.map(({ kind, blame, examples }) => `${kind} ${blame} ${examples.map(({ id }) => id).join(' ')}`);

test('a healthy run passes', async () => {
  const result = await auditSpoilt({});
  expect(result).toMatchObject({ verdict: 'pass', findings: [], notChecked: [], log: { records: count } });
});

test.each<[string, (rows: ScanRow[]) => ScanRow[], string[]]>([
  ['lacks a record', (rows) => rows.filter(({ offset }) => offset !== 2), ['lost broker p0-2']],
  ['has a record twice', (rows) => [...rows, { ...rows[1]!, offset: 6 }], ['duplicated producer p0-1']],
  [
    'has other bytes',
    (rows) => rows.map((row) => (row.offset === 3 ? { ...row, digest: 1n } : row)),
    ['corrupted producer p0-3'],
  ],
  [
    'has other bytes, and a checksum that says so',
    (rows) => rows.map((row) => (row.offset === 3 ? { ...row, digest: 1n, flags: scanFlags.crcBad } : row)),
    ['corrupted broker p0-3'],
  ],
  [
    'states another digest',
    (rows) => rows.map((row) => (row.offset === 3 ? { ...row, statedDigest: 1n } : row)),
    ['corrupted producer p0-3'],
  ],
  [
    'has a record of this run that does not name its message, at an acked offset',
    (rows) => rows.map((row) => (row.offset === 3 ? { ...row, flags: scanFlags.nameless } : row)),
    ['corrupted producer p0-3'],
  ],
  [
    'has a record of this run that does not name its message, at another offset',
    (rows) => [...rows, { ...rows[3]!, offset: 9, flags: scanFlags.nameless }],
    ['phantom producer a record of unreadable origin at 0:9'],
  ],
  [
    'has a foreign record at an acked offset',
    (rows) => rows.map((row) => (row.offset === 3 ? { ...row, flags: scanFlags.foreign } : row)),
    ['corrupted producer p0-3'],
  ],
  [
    'has a record outside of the plan',
    (rows) => [...rows, { ...rows[0]!, offset: 7, sequence: 99 }],
    ['phantom producer p0-99'],
  ],
  [
    'has an aborted record that was stored',
    (rows) => rows.map((row) => (row.offset === 4 ? { ...row, flags: scanFlags.aborted } : row)),
    ['aborted-read consumer p0-4'],
  ],
])('a run fails with the right finding if its log %s', async (_, scan, expected) => {
  const result = await auditSpoilt({ scan });
  expect(result.verdict).toBe('fail');
  expect(found(result)).toEqual(expected);
});

test('a row with a negative partition or offset is corrupted', async () => {
  for (const column of ['partition', 'offset'] as const) {
    const result = await auditSpoilt({ store: (rows) => void (rows[1]![column] = -7) });
    expect(found(result)).toEqual(['corrupted consumer p0-1']);
  }
});

/** A table without its primary key takes any value, and any row. */
const unkeyed = (table: string): string =>
  `DROP VIEW IF EXISTS messages; CREATE TABLE loose AS SELECT * FROM ${table}; DROP TABLE ${table}; ALTER TABLE loose RENAME TO ${table};`;
const firstOf = (table: string): string => `sequence = (SELECT min(sequence) FROM ${table})`;
const first = `${unkeyed('completed')} UPDATE completed SET`;

test.each<[string, string, RegExp[]]>([
  [
    'a partition beyond 32 bits in every row',
    'UPDATE failed SET partition = partition + 4294967296',
    [/^corrupted consumer p0-/],
  ],
  [
    'a partition that is a blob',
    `${first} partition = X'30' WHERE ${firstOf('completed')}`,
    [/^corrupted consumer p0-\d$/],
  ],
  [
    'an offset that is a fraction',
    `${first} "offset" = "offset" + 0.5 WHERE ${firstOf('completed')}`,
    [/^corrupted consumer p0-\d$/],
  ],
  [
    'an offset beyond 2^53',
    `${first} "offset" = 9223372036854775807 WHERE ${firstOf('completed')}`,
    [/^corrupted consumer p0-\d$/],
  ],
  [
    'a day that its month does not have',
    `${first} stored_at = '2026-02-31T00:00:00.000Z' WHERE ${firstOf('completed')}`,
    [/^corrupted consumer p0-\d$/],
  ],
  ['an unknown id', `${first} id = 'x' WHERE ${firstOf('completed')}`, [/^corrupted consumer p0-\d$/]],
  [
    'the id of another message',
    `${first} id = (SELECT max(id) FROM completed) WHERE ${firstOf('completed')}`,
    [/^corrupted consumer p0-\d$/],
  ],
  ['no id', `${first} id = NULL WHERE ${firstOf('completed')}`, [/^corrupted consumer p0-\d$/]],
  ['another run', `${first} run = 'other' WHERE ${firstOf('completed')}`, [/^corrupted consumer p0-\d$/]],
  [
    'a copy of another run in another category',
    `INSERT INTO failed SELECT 'other', producer, sequence, id, topic_id, partition, "offset", key, payload, digest, stored_at FROM completed LIMIT 1`,
    [/^duplicated consumer p0-\d$/, /^misclassified consumer p0-\d$/],
  ],
  [
    'the same row twice',
    `${unkeyed('completed')} INSERT INTO completed SELECT * FROM completed LIMIT 1`,
    [/^duplicated consumer p0-\d$/],
  ],
  [
    "a dead letter beyond the log's end",
    `INSERT INTO dead_letters VALUES ('topic-id', 0, 20, NULL, NULL, NULL, 'no', '2026-01-01T00:00:00.000Z')`,
    [/^phantom consumer /],
  ],
  ["a next offset beyond the log's end", 'UPDATE offsets SET next_offset = 21', [/^overcommitted consumer /]],
])('a run fails with the right finding if its store has %s', async (_, alter, expected) => {
  const result = await auditSpoilt({ alter });
  expect(result.verdict).toBe('fail');
  expect(found(result)).toEqual(expected.map((one) => expect.stringMatching(one)));
});

test.each([
  [
    'a dead letter at a partition beyond 32 bits',
    `INSERT INTO dead_letters VALUES ('topic-id', 4294967296, 1, NULL, NULL, NULL, 'no', '2026-01-01T00:00:00.000Z')`,
  ],
  [
    'rows of another run at the same places of another topic',
    `INSERT INTO failed SELECT 'other', producer, sequence, id, 'other', partition, "offset", key, payload, digest, stored_at FROM completed`,
  ],
  ['a next offset that fell back', 'UPDATE offsets SET next_offset = 1'],
  ['no next offset', 'DELETE FROM offsets'],
])('a run passes if its store has %s', async (_, alter) => {
  expect(await auditSpoilt({ alter })).toMatchObject({ verdict: 'pass', findings: [] });
});

test.each([
  ['negative', '-5', '-5'],
  ['NULL', 'NULL', 'NULL'],
  ['a fraction', '1.5', '1.5'],
  ['text', "'twenty'", "'twenty'"],
  ['bytes', "X'3230'", "X'3230'"],
  ['beyond 2^53', '9223372036854775807', '9223372036854775807'],
])(
  'a next offset that is %s makes the run inconclusive, and nothing of its partition is lost',
  async (_, value, told) => {
    const alter = `${unkeyed('offsets')} UPDATE offsets SET next_offset = ${value}`;
    const result = await auditSpoilt({ alter });
    expect(result).toMatchObject({ verdict: 'inconclusive', findings: [] });
    expect(result.notChecked).toEqual([`The store's next offset of partition 0 is ${told}.`]);
    const lost = await auditSpoilt({
      alter: `${alter}; DELETE FROM completed; UPDATE failed SET payload = 'x'`,
    });
    expect(lost.findings).toMatchObject([{ kind: 'corrupted' }]);
  },
);

test('a corrupted row is reported with the column and its impossible value', async () => {
  const detailOf = async (alter: string): Promise<string | undefined> =>
    (await auditSpoilt({ alter })).findings[0]?.examples[0]?.detail;
  const row = `WHERE ${firstOf('failed')}`;
  expect(await detailOf(`UPDATE failed SET partition = 4294967296 ${row}`)).toBe(
    'its row differs: partition is 4294967296',
  );
  expect(
    await detailOf(`UPDATE failed SET stored_at = '2026-02-31T00:00:00.000Z', sequence = NULL ${row}`),
  ).toBe('its row differs: sequence is none, stored_at is 2026-02-31T00:00:00.000Z');
  expect(await detailOf(`UPDATE failed SET id = 'x' ${row}`)).toBe('its row differs: id is x');
  expect(await detailOf(`UPDATE failed SET payload = 'x' ${row}`)).toBe('its row differs');
});

test('a view in place of a table makes the run inconclusive, since it may hide rows', async () => {
  for (const table of ['dead_letters', 'offsets', 'completed']) {
    const alter = `DROP VIEW messages; ALTER TABLE ${table} RENAME TO "Hidden"; CREATE VIEW ${table} AS SELECT * FROM "Hidden"`;
    expect(await auditSpoilt({ alter })).toMatchObject({ verdict: 'inconclusive', findings: [] });
  }
});

test('a corrupted row fails the run even if the rest of the store cannot be read', async () => {
  const alter = "UPDATE completed SET payload = 'x' WHERE sequence = (SELECT min(sequence) FROM completed)";
  const result = await auditSpoilt({ alter: `${alter}; DROP TABLE dead_letters` });
  expect(result).toMatchObject({ verdict: 'fail', findings: [{ kind: 'corrupted', count: 1 }] });
  expect(result.notChecked.join(' ')).toContain('no such table: dead_letters');
});

test('a run whose topic was recreated is inconclusive, and loses nothing', async () => {
  const result = await auditSpoilt({ topicId: 'another', scan: () => [] });
  expect(result).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(result.notChecked.join(' ')).toContain('recreated');
});

test('a saved scan without its seal is not whole', async () => {
  const folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-evidence-')), 'r');
  folder.create();
  writeFileSync(folder.logScan, '');
  await using open = await openRunEvidence(folder, manifest, folder.store);
  expect(open.evidence.log).toMatchObject({ whole: false });
  expect((await audit(open.evidence)).verdict).toBe('inconclusive');
});

test('a companion file of the store that is not a regular file makes the run inconclusive, without blocking', async () => {
  for (const companion of ['-journal', '-wal', '-shm']) {
    const folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-evidence-')), 'r');
    folder.create();
    folder.writeManifest(manifest);
    await (await openStore(folder.store, { categories: ['failed'] })).close();
    execFileSync('mkfifo', [folder.file(`store.sqlite${companion}`)]);
    const { audit: judged } = await auditRun({
      folder,
      store: folder.store,
      scan: undefined,
      interruptions: [],
    });
    expect(judged).toMatchObject({ verdict: 'inconclusive', findings: [] });
    expect(judged.notChecked.join(' ')).toContain(`store.sqlite${companion} is not a regular file`);
    await expect(openStore(folder.store, { categories: ['failed'] })).rejects.toMatchObject({
      code: 'unavailable',
    });
  }
});

test('evidence that is not a regular file counts as missing, and reading it does not block', async () => {
  for (const name of ['run.json', 'ledger-p0-0.bin', 'ledger-p0-0.bin.sha256', 'log.scan', 'journal-1.bin']) {
    const folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-evidence-')), 'r');
    folder.create();
    if (name !== 'run.json') folder.writeManifest(manifest);
    execFileSync('mkfifo', [folder.file(name)]);
    const { audit: judged } = await auditRun({
      folder,
      store: folder.store,
      scan: undefined,
      interruptions: [],
    });
    expect(judged).toMatchObject({ verdict: 'inconclusive', findings: [] });
  }
});
