/** The timeline of one message from a run's folder, whose evidence is whole or spoilt in turn. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { messageTimeline, type MessageTimeline } from '../../src/explain/message-timeline.ts';
import { RunMessages } from '../../src/audit/run-evidence/run-messages.ts';
import { planOf } from '../../src/audit/run-evidence/run-plan.ts';
import { rowCodes, type JournalOpening } from '../../src/run-folder/journal/journal-format.ts';
import { openJournal, type JournalWriter } from '../../src/run-folder/journal/journal-writer.ts';
import { scanFlags, stampOf } from '../../src/run-folder/log-scan-file.ts';
import { LedgerWriter } from '../../src/run-folder/ledger/ledger-writer.ts';
import type { Manifest, RunFolder } from '../../src/run-folder/run-folder.ts';
import { eventsMax, isFact, type TimelineEvent } from '../../src/explain/timeline.ts';
import { asFormat1 } from '../fixtures/as-format-1.ts';
import { rejected, runOnDisk, unknown, type Spoils } from '../audit/history/run-on-disk.ts';

interface Made {
  folder: RunFolder;
  manifest: Manifest;
}

async function tell(
  { folder, manifest: written }: Made,
  asked: string,
): Promise<MessageTimeline | undefined> {
  const { manifest, sessionStarts } = await planOf(folder, written);
  const messages = new RunMessages(manifest, sessionStarts);
  return await messageTimeline({ folder, manifest, messages, storeLocation: folder.store, asked });
}

async function told(spoils: Spoils, asked: string): Promise<MessageTimeline> {
  const timeline = await tell(await runOnDisk(spoils), asked);
  expect(timeline).toBeDefined();
  return timeline!;
}

const only = ({ timeline }: MessageTimeline, ...hops: TimelineEvent['hop'][]): TimelineEvent[] =>
  timeline.filter(({ hop }) => hops.includes(hop));

const journal = (folder: RunFolder, change: Partial<JournalOpening> = {}): JournalWriter =>
  openJournal((name) => folder.file(name), {
    run: 'r',
    topicId: 'topic-id',
    store: 'store.sqlite',
    categories: ['failed', 'completed'],
    pid: 1,
    ...change,
  });

const range = (first: number, end: number) => ({ partition: 0, first, end });

test('the timeline of a healthy message has an event for each hop', async () => {
  const { id, expected, timeline, places } = await told({}, 'p0-3');
  expect(id).toBe('p0-3');
  expect(places[0]).toEqual({ partition: 0, offset: 3 });
  const { state } = expected!;
  expect(expected).toEqual({
    state,
    key: expect.stringMatching(/^customer-\d{4}$/),
    payloadBytes: 200,
    producer: 'p0',
    sequence: 3,
  });
  const place = { partition: 0, offset: 3 };
  expect(timeline).toMatchObject([
    { hop: 'intent', id: 'p0-3', producer: 'p0', session: 0 },
    { hop: 'outcome', id: 'p0-3', outcome: 'acked', ...place },
    { hop: 'log', id: 'p0-3', ...place, copy: 1, session: 0, isAborted: false, isCrcBad: false, differs: [] },
    { hop: 'delivery', missing: 'no consumer kept a journal for this store' },
    { hop: 'position', ...place, next: 20, isPast: true },
    { hop: 'commit', missing: 'the scan did not read them' },
    { hop: 'row', id: 'p0-3', category: state, ...place, differs: [] },
  ]);
});

test('a position leads to its message, whether the log, the ledger or only the store names it', async () => {
  expect((await told({}, '0:3')).id).toBe('p0-3');
  expect((await told({ scan: () => [] }, '0:3')).id).toBe('p0-3');
  const moved = { store: (rows: { offset: number }[]) => void (rows[3]!.offset = 17) };
  expect((await told(moved, '0:17')).id).toBe('p0-3');
  expect(await tell(await runOnDisk({}), '0:18')).toBeUndefined();
});

test('records are shown with their time, their copy number, and their defects', async () => {
  const made = await runOnDisk({
    scan: (rows) => [
      ...rows.map((row) =>
        row.offset === 3
          ? { ...row, stamp: stampOf(1_234, 0), flags: scanFlags.aborted | scanFlags.crcBad }
          : row,
      ),
      { ...rows[3]!, offset: 15, digest: 1n },
      { ...rows[3]!, offset: 16, statedDigest: 1n },
      { ...rows[3]!, offset: 17, flags: scanFlags.unstated },
    ],
  });
  expect(only((await tell(made, 'p0-3'))!, 'log')).toMatchObject([
    { time: 1_234, offset: 3, copy: 1, isAborted: true, isCrcBad: true, differs: [] },
    { time: null, offset: 15, copy: 2, differs: [expect.stringContaining('differ from the planned ones')] },
    { offset: 16, copy: 3, differs: ['its header states another digest'] },
    { offset: 17, copy: 4, differs: ['its header states no digest'] },
  ]);
});

test('a record of another message at the acked offset is shown', async () => {
  const others: [Spoils['scan'] & {}, object][] = [
    [(rows) => rows.map((row) => (row.offset === 3 ? { ...row, sequence: 5 } : row)), { id: 'p0-5' }],
    [
      (rows) => rows.map((row) => (row.offset === 3 ? { ...row, flags: scanFlags.foreign } : row)),
      { id: null, differs: null },
    ],
    [
      (rows) => rows.map((row) => (row.offset === 3 ? { ...row, flags: scanFlags.nameless } : row)),
      { id: null, differs: ["it has the run's id, but does not say which message it is"] },
    ],
  ];
  for (const [scan, other] of others) {
    expect(only(await told({ scan }, 'p0-3'), 'log')).toMatchObject([
      { offset: 3, ...other },
      { nothing: 'no record of it' },
    ]);
  }
});

test('a foreign record is not mistaken for the first message of the first producer', async () => {
  const nobody = { producer: 0, sequence: 0, session: 0, flags: scanFlags.foreign };
  const timeline = await told({ scan: (rows) => [...rows, { ...rows[0]!, ...nobody, offset: 15 }] }, 'p0-0');
  expect(only(timeline, 'log')).toMatchObject([{ offset: 0, id: 'p0-0' }]);
});

test('the timeline says why the log has no record of the message', async () => {
  const without: Spoils['scan'] = (rows) => rows.filter(({ offset }) => offset !== 3);
  expect(only(await told({ scan: without }, 'p0-3'), 'log')).toEqual([
    { hop: 'log', time: null, nothing: 'no record of it' },
  ]);
  expect(only(await told({ scan: without, start: 5 }, 'p0-3'), 'log')).toEqual([
    { hop: 'log', time: null, missing: 'the log began above 0:3 when it was scanned' },
  ]);
  const made = await runOnDisk({});
  const recreated = { ...made, manifest: { ...made.manifest, topicId: 'another' } };
  expect(only((await tell(recreated, 'p0-3'))!, 'log', 'delivery', 'written')).toMatchObject([
    { hop: 'log', missing: expect.stringContaining('recreated') },
    { hop: 'delivery', missing: expect.stringContaining('recreated') },
  ]);
  writeFileSync(made.folder.logScan, 'spoilt');
  expect(only((await tell(made, 'p0-3'))!, 'log')).toMatchObject([
    { missing: 'the saved log scan was changed after it was sealed' },
  ]);
  rmSync(`${made.folder.logScan}.sha256`);
  expect(only((await tell(made, 'p0-3'))!, 'log')).toMatchObject([
    { missing: 'the topic was not scanned to its end' },
  ]);
});

test('an outcome is shown with its error, or as not noted', async () => {
  const made = await runOnDisk({});
  expect(only((await tell(made, `p0-${rejected}`))!, 'intent', 'outcome', 'row')).toMatchObject([
    { hop: 'intent' },
    { outcome: 'rejected', error: 'MESSAGE_TOO_LARGE', partition: null, offset: null, isNoted: true },
    { hop: 'row', nothing: 'no row of it' },
  ]);
  expect(only((await tell(made, `p0-${unknown}`))!, 'intent', 'outcome')).toMatchObject([
    { hop: 'intent' },
    { outcome: 'unknown', time: null, isNoted: false },
  ]);
});

test('a planned message that was not sent is shown as such, and an unplanned one has no timeline', async () => {
  const made = await runOnDisk({ plan: { p0: 20 } });
  const { timeline, expected } = (await tell(made, 'p0-19'))!;
  expect(expected).toMatchObject({ sequence: 19 });
  expect(timeline.filter(isFact)).toEqual([]);
  expect(timeline[0]).toMatchObject({ hop: 'intent', nothing: expect.stringContaining('never sent') });
  for (const asked of ['p0-20', 'p1-0', 'p0-01', 'x', '', '0:19', '9:3', '-1:3']) {
    expect([asked, await tell(made, asked)]).toEqual([asked, undefined]);
  }
});

test('the timeline names a ledger that cannot be read, and one of another run', async () => {
  const made = await runOnDisk({});
  const { folder } = made;
  mkdirSync(folder.file('ledger-p0-1.bin'));
  new LedgerWriter(folder.file('ledger-p0-2.bin'), { run: 'other', producer: 0, session: 2, pid: 1 }).close();
  const events = only((await tell(made, 'p0-3'))!, 'intent', 'outcome');
  expect(events).toMatchObject([
    { session: 0 },
    { session: 0, offset: 3 },
    { missing: expect.stringMatching(/^ledger-p0-1\.bin cannot be read: /) },
    { missing: 'ledger-p0-2.bin is of another run' },
  ]);
});

test('the timeline reads the ledgers of all sessions, and names one that is missing or was changed', async () => {
  const made = await runOnDisk({});
  const { folder } = made;
  const session = (number: number): void => {
    const by = { run: 'r', producer: 0, session: number, pid: 1 };
    const ledger = new LedgerWriter(folder.file(`ledger-p0-${number}.bin`), by);
    ledger.intend(3, 2);
    ledger.record({ outcome: 'acked', partition: 0, offset: 14, errorCode: 0, sequences: [4, 3] });
    ledger.close();
  };
  session(2);
  const attempts = async () => only((await tell(made, 'p0-3'))!, 'intent', 'outcome');
  const missing = { hop: 'intent', missing: 'there is no ledger of p0, session 1' };
  expect(await attempts()).toMatchObject([
    { session: 0 },
    { session: 0, offset: 3 },
    { session: 2 },
    { session: 2, offset: 15 },
    missing,
  ]);
  renameSync(asFormat1(folder.file('ledger-p0-2.bin')), folder.file('ledger-p0-2.bin'));
  expect((await attempts()).slice(2, 4)).toMatchObject([
    { session: 2, time: null },
    { session: 2, time: null, offset: 15 },
  ]);
  rmSync(folder.file('ledger-p0-2.bin'));
  rmSync(folder.file('ledger-p0-0.bin'));
  expect((await attempts())[0]).toEqual({ hop: 'intent', time: null, missing: 'there is no ledger of p0' });
  session(0);
  expect((await attempts()).at(-1)).toMatchObject({
    missing: 'ledger-p0-0.bin was changed after it was sealed',
  });
});

test('a timeline shows both messages that were acked at one offset', async () => {
  const made = await runOnDisk({});
  const by = { run: 'r', producer: 0, session: 1, pid: 1 };
  const ledger = new LedgerWriter(made.folder.file('ledger-p0-1.bin'), by);
  ledger.intend(11, 1);
  ledger.record({ outcome: 'acked', partition: 0, offset: 3, errorCode: 0, sequences: [11] });
  ledger.close();
  const timeline = (await tell(made, 'p0-11'))!;
  expect(only(timeline, 'outcome')).toMatchObject([
    { id: 'p0-11', outcome: 'unknown' },
    { id: 'p0-11', offset: 3 },
    { id: 'p0-3', offset: 3 },
  ]);
  expect(only(timeline, 'log', 'row')).toMatchObject([
    { hop: 'log', id: 'p0-3' },
    { hop: 'log', nothing: 'no record of it' },
    { hop: 'row', id: 'p0-3', differs: null },
    { hop: 'row', nothing: 'no row of it' },
  ]);
});

test('deliveries are counted over all consumers, and writes and refusals are shown', async () => {
  const made = await runOnDisk({});
  const first = journal(made.folder);
  first.beginEpoch(4);
  first.delivered([range(0, 10)]);
  const second = journal(made.folder);
  second.beginEpoch(5);
  second.delivered([range(2, 6)]);
  const rows = { count: 2, partition: [0, 0], offset: [3, 4], code: [1, rowCodes.deadLetter] };
  second.written([range(2, 6)], rows);
  first.refused([range(0, 10)]);
  first.skipped([range(9, 12)]);
  first.close();
  second.close();
  journal(made.folder, { store: 'another.sqlite' }).delivered([range(0, 10)]);
  const at = (offset: number) => ({ partition: 0, offset });
  const journaled = async (asked: string) =>
    only((await tell(made, asked))!, 'delivery', 'written', 'refused', 'skipped').map(
      ({ time: _time, ...event }) => event,
    );
  expect(await journaled('p0-3')).toEqual([
    { hop: 'delivery', consumer: 1, epoch: 4, count: 1, ...at(3) },
    { hop: 'delivery', consumer: 2, epoch: 5, count: 2, ...at(3) },
    { hop: 'written', consumer: 2, category: 'completed', ...at(3) },
    { hop: 'refused', consumer: 1, ...at(3) },
  ]);
  expect(await journaled('p0-4')).toMatchObject([{}, {}, { hop: 'written', category: 'dead-letters' }, {}]);
  expect(await journaled('p0-5')).toMatchObject([{}, {}, { hop: 'written', category: null }, {}]);
  expect(await journaled('p0-8')).toMatchObject([{ hop: 'delivery', count: 1 }, { hop: 'refused' }]);
  expect(await journaled('p0-9')).toEqual([
    { hop: 'delivery', consumer: 1, epoch: 4, count: 1, ...at(9) },
    { hop: 'refused', consumer: 1, ...at(9) },
    { hop: 'skipped', consumer: 1, ...at(9) },
  ]);
  rmSync(join(made.folder.path, 'journal-1.bin'));
  expect(await journaled('p0-8')).toMatchObject([{ missing: 'of 3 journals only 2 are there' }]);
});

test('a row is compared with the expected message, wherever it is', async () => {
  const timeline = await told(
    {
      store: (rows, letters) => {
        const row = rows[3]!;
        row.payload = Buffer.from('{"id":"p0-3","other"');
        row.key = null;
        row.offset = 17;
        row.digest = 'x';
        row.producer = null;
        letters.push({ partition: 0, offset: 3, key: null, payload: null, headers: null, reason: 'so' });
      },
    },
    'p0-3',
  );
  expect(only(timeline, 'row', 'dead-letter')).toMatchObject([
    {
      hop: 'row',
      offset: 17,
      differs: [
        expect.stringMatching(/^its payload differs from byte \d+ on, and is 20 bytes long, not 200$/),
        expect.stringMatching(/^its key should be 'customer-\d+', and is missing$/),
        'its digest differs',
        'it names another sender or sequence',
        'no record of the message stands at 0:17',
      ],
    },
    { hop: 'dead-letter', offset: 3, reason: 'so' },
  ]);
});

test('a phantom is found by its id', async () => {
  const spoils: Spoils = {
    store: (rows) => void Object.assign(rows[3]!, { id: "it's new", sequence: null }),
  };
  const { expected, timeline } = await told(spoils, "it's new");
  expect(expected).toBeNull();
  expect(timeline.filter(({ hop }) => hop === 'row')).toMatchObject([
    { id: "it's new", offset: 3, differs: null },
  ]);
});

test('a missing store is shown as missing evidence', async () => {
  const made = await runOnDisk({});
  rmSync(join(made.folder.path, 'store.sqlite'));
  expect(only((await tell(made, 'p0-3'))!, 'position', 'row')).toMatchObject([
    { hop: 'row', missing: expect.stringContaining('There is no store at') },
  ]);
});

test('a timeline shows a limited number of records, and how many more there are', async () => {
  const copies = eventsMax + 50;
  const timeline = await told(
    {
      scan: (rows) => [
        ...rows,
        ...Array.from({ length: copies }, (_, index) => ({ ...rows[3]!, offset: 20 + index })),
      ],
    },
    'p0-3',
  );
  const records = only(timeline, 'log');
  expect(records).toHaveLength(eventsMax + 1);
  expect(records.at(-1)).toEqual({ hop: 'log', time: null, more: copies + 1 - eventsMax });
});
