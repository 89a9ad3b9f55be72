/** What an audit once judged wrongly, found by tampering at random and made small: tried at every run of the tests. */
import type { EvidenceMutation } from './evidence-mutations.ts';
import { jsonEdits } from './json-edits.ts';
import type { Change, StoreMutation } from './store-mutations.ts';

const set = (table: string, column: string, change: Change, row = 0): StoreMutation[] => [
  { do: 'set', table, row, column, change },
];
const double = (table: string, into: string, changes: Record<string, Change>): StoreMutation[] => [
  { do: 'double', table, row: 0, into, changes },
];

export const escapedInStore: Readonly<Record<string, StoreMutation[]>> = {
  'a partition beyond 32 bits': set('failed', 'partition', { plus: 2n ** 32n }),
  'every partition beyond 32 bits': [{ do: 'set-all', column: 'partition', change: { plus: 2n ** 32n } }],
  'a partition of 32 bits': set('failed', 'partition', { to: 2n ** 32n - 1n }),
  'a dead letter beyond 32 bits': double('failed', 'dead_letters', { partition: { plus: 2n ** 32n } }),
  'an offset that is text': set('failed', 'offset', { to: 'x' }),
  'an offset below the beginning': set('failed', 'offset', { to: -1n }),
  'a partition that is NULL': set('failed', 'partition', { to: null }),
  'an id that names no message': set('failed', 'id', { to: 'x' }),
  'an id that is NULL': set('failed', 'id', { to: null }),
  "an id and a number that name no message, and a topic that is not the run's": [
    ...set('failed', 'id', { to: 'x' }),
    ...set('failed', 'sequence', { to: null }),
    ...set('failed', 'topic_id', { to: 'x' }),
  ],
  "a row of nobody's beyond the log's end, where a row of another topic stands": [
    ...double('failed', 'failed', { run: { to: null }, id: { to: 'x' }, offset: { to: 99n } }),
    ...double('failed', 'completed', { topic_id: { to: 'x' }, offset: { to: 99n } }),
  ],
  'every id names no message, and every offset is beyond the log': [
    { do: 'set-all', column: 'offset', change: { plus: 100n } },
    { do: 'set-all', column: 'id', change: { to: 'p0-9007199254740993' } },
  ],
  "a row of nobody's in a partition that the topic does not have": double('failed', 'failed', {
    run: { to: null },
    partition: { to: 99n },
  }),
  'a dead letter in a partition that the topic does not have': double('dead_letters', 'dead_letters', {
    partition: { to: 99n },
  }),
  'a position in a partition that the topic does not have': [
    {
      do: 'double',
      table: 'offsets',
      row: 0,
      into: 'offsets',
      changes: { partition: { to: 99n }, next_offset: { to: 5000n } },
    },
  ],
  'an id that names another message': set('failed', 'id', { to: 'p0-9' }),
  'an id that names a rejected message': set('failed', 'id', { to: 'p0-5' }),
  'a row that bears no run': set('failed', 'run', { to: null }),
  'a row that bears another run': set('failed', 'run', { to: 'another' }),
  'a second row that bears no run': double('failed', 'completed', { run: { to: null } }),
  'a second row with an id of no message': double('failed', 'completed', { id: { to: 'x' } }),
  'a second row in the place of a dead letter': [
    { do: 'double', table: 'failed', row: 3, into: 'in_progress', changes: { offset: { to: 11n } } },
  ],
  'a second row in the place of another message': double('failed', 'completed', { offset: { plus: 1n } }),
  'a day that no calendar has': set('failed', 'stored_at', { to: '2026-02-31T00:00:00.000Z' }),
  "a row of nobody's beyond the log's end": double('failed', 'failed', {
    run: { to: null },
    offset: { to: 99n },
  }),
  "a dead letter beyond the log's end": double('dead_letters', 'dead_letters', { offset: { to: 99n } }),
  'a position that is gone': [{ do: 'delete', table: 'offsets', row: 0 }],
  'a position that fell back': set('offsets', 'next_offset', { to: 1n }, 1),
  'a position that fell back, and a row gone that stood behind it': [
    ...set('offsets', 'next_offset', { to: 0n }),
    { do: 'delete', table: 'failed', row: 0 },
    { do: 'delete', table: 'completed', row: 0 },
    { do: 'delete', table: 'in_progress', row: 0 },
  ],
  'a position that is negative': set('offsets', 'next_offset', { to: -1n }),
  'a position that is a fraction': set('offsets', 'next_offset', { to: 0.5 }),
  'a position that is text': set('offsets', 'next_offset', { to: 'x' }),
  'a position that is NULL': set('offsets', 'next_offset', { to: null }),
  'a position that no double holds': set('offsets', 'next_offset', { to: 2n ** 63n - 1n }),
  'a position in a partition that is not there, and a row gone': [
    { do: 'set', table: 'offsets', row: 1, column: 'partition', change: { to: 3n } },
    { do: 'delete', table: 'failed', row: 4 },
  ],
  'a row of the run without an id where a dead letter is right': double('dead_letters', 'in_progress', {
    run: { to: 'made' },
  }),
  'a row of another topic without an id where a dead letter is right': double('dead_letters', 'in_progress', {
    run: { to: 'made' },
    topic_id: { to: 'x' },
  }),
  'a row of another topic and no run where a dead letter is right': double('dead_letters', 'in_progress', {
    topic_id: { to: 'x' },
  }),
  'a row of the run without id and place': double('dead_letters', 'in_progress', {
    run: { to: 'made' },
    offset: { to: null },
  }),
  "a position beyond the log's end": set('offsets', 'next_offset', { plus: 1n }),
  'a topic in the positions that is a blob': set('offsets', 'topic_id', { as: 'blob' }),
};

const file = (
  name: (EvidenceMutation & { do: 'file' })['file'],
  harm: (EvidenceMutation & { do: 'file' })['harm'],
  seal: (EvidenceMutation & { do: 'file' })['seal'],
): EvidenceMutation => ({ do: 'file', file: name, harm, seal });

/** The edits of a document, one after another. */
const edits = (name: string, at: string): EvidenceMutation[] =>
  jsonEdits
    .filter((edit) => edit.file === name && edit.at.join('.') === at)
    .map((edit) => ({ do: 'edit', edit, seal: 'made again' }));

export const escapedInEvidence: Readonly<Record<string, EvidenceMutation[]>> = {
  "a folder in a ledger's place": [file('ledger-p0-0.bin', 'a folder', 'stays')],
  "a link to nowhere in a ledger's place": [file('ledger-p0-0.bin', 'a link to nowhere', 'stays')],
  "a link to itself in a ledger's place": [file('ledger-p1-0.bin', 'a link to itself', 'stays')],
  'a link without end in the place of a file': (
    ['run.json', 'ledger-p0-0.bin', 'journal-1.bin', 'log.scan', 'consumer.json', 'store.sqlite'] as const
  ).map((name) => file(name, 'a link without end', 'stays')),
  "a folder in a seal's place": [file('ledger-p0-0.bin', 'nothing', 'a folder')],
  "a link to itself in a seal's place": [file('ledger-p0-0.bin', 'nothing', 'a link to itself')],
  'a ledger of another run': [file('ledger-p0-0.bin', { ofAnotherRun: true }, 'made again')],
  'a ledger of another producer': [file('ledger-p0-0.bin', { asAnother: 'ledger-p1-0.bin' }, 'gone')],
  "a ledger cut at a frame's border, and sealed": [file('ledger-p0-0.bin', { cutFrames: 3 }, 'made again')],
  'a ledger with a byte too many, and sealed': [file('ledger-p0-0.bin', { append: '00' }, 'made again')],
  'a ledger of a session that never was': [{ do: 'ledger too many', of: 'ledger-p0-1.bin' }],
  'a ledger of a producer that never was': [{ do: 'ledger too many', of: 'ledger-p2-0.bin' }],
  'a scan cut short, and sealed': [file('log.scan', { cutRows: 2 }, 'made again')],
  'a scan with a record too many, and sealed': [file('log.scan', { append: 'ff'.repeat(80) }, 'made again')],
  'a scan with a byte too many, and sealed': [file('log.scan', { append: '00' }, 'made again')],
  'an empty scan, and sealed': [file('log.scan', 'empty', 'made again')],
  'a scan of other bytes, and sealed': [file('log.scan', { asAnother: 'ledger-p0-0.bin' }, 'made again')],
  'a scan of another run': [{ do: 'scan of another run' }],
  'ranges that end below records': edits('log.json', 'ranges.0.end'),
  'a range that is gone': edits('log.json', 'ranges.0'),
  'a count of records that is wrong': edits('log.json', 'records'),
  'a scan of another topic': edits('log.json', 'topic'),
  'a plan that is absurd, or not that of the ledgers': edits('run.json', 'producers.p0'),
  'a plan without a producer that has a ledger': edits('run.json', 'producers.p1'),
  'a plan of nobody': edits('run.json', 'producers'),
  'a plan with a partition that the topic does not have': edits('run.json', 'base.7'),
  'payloads that no text can hold': edits('run.json', 'payloadBytes'),
  'a manifest that was changed': jsonEdits
    .filter((edit) => edit.file === 'run.json')
    .map((edit) => ({ do: 'edit', edit, seal: 'stays' })),
  'a manifest of another run': [file('run.json', { ofAnotherRun: true }, 'stays')],
  'a consumer that noted no store': edits('consumer.json', 'store'),
  'a consumer of another run': [file('consumer.json', { ofAnotherRun: true }, 'stays')],
};
