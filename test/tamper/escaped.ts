/** Tamperings that an audit once judged wrongly: found at random, made small, and tried in every test run. */
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
  "an unknown row beyond the log's end, at the position of a row of another topic": [
    ...double('failed', 'failed', { run: { to: null }, id: { to: 'x' }, offset: { to: 99n } }),
    ...double('failed', 'completed', { topic_id: { to: 'x' }, offset: { to: 99n } }),
  ],
  'every id names no message, and every offset is beyond the log': [
    { do: 'set-all', column: 'offset', change: { plus: 100n } },
    { do: 'set-all', column: 'id', change: { to: 'p0-9007199254740993' } },
  ],
  'an unknown row in a partition that the topic does not have': double('failed', 'failed', {
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
  'a row without a run': set('failed', 'run', { to: null }),
  'a row of another run': set('failed', 'run', { to: 'another' }),
  'a second row without a run': double('failed', 'completed', { run: { to: null } }),
  'a second row with an id of no message': double('failed', 'completed', { id: { to: 'x' } }),
  'a second row at the position of a dead letter': [
    { do: 'double', table: 'failed', row: 3, into: 'in_progress', changes: { offset: { to: 11n } } },
  ],
  'a second row at the position of another message': double('failed', 'completed', { offset: { plus: 1n } }),
  'a day that does not exist': set('failed', 'stored_at', { to: '2026-02-31T00:00:00.000Z' }),
  "an unknown row beyond the log's end": double('failed', 'failed', {
    run: { to: null },
    offset: { to: 99n },
  }),
  "a dead letter beyond the log's end": double('dead_letters', 'dead_letters', { offset: { to: 99n } }),
  'a position that is gone': [{ do: 'delete', table: 'offsets', row: 0 }],
  'a position that fell back': set('offsets', 'next_offset', { to: 1n }, 1),
  'a position that fell back, and a missing row behind it': [
    ...set('offsets', 'next_offset', { to: 0n }),
    { do: 'delete', table: 'failed', row: 0 },
    { do: 'delete', table: 'completed', row: 0 },
    { do: 'delete', table: 'in_progress', row: 0 },
  ],
  'a position that is negative': set('offsets', 'next_offset', { to: -1n }),
  'a position that is a fraction': set('offsets', 'next_offset', { to: 0.5 }),
  'a position that is text': set('offsets', 'next_offset', { to: 'x' }),
  'a position that is NULL': set('offsets', 'next_offset', { to: null }),
  'a position beyond 2^53': set('offsets', 'next_offset', { to: 2n ** 63n - 1n }),
  'a position in a partition that does not exist, and a missing row': [
    { do: 'set', table: 'offsets', row: 1, column: 'partition', change: { to: 3n } },
    { do: 'delete', table: 'failed', row: 4 },
  ],
  'a row of the run without an id, in place of a dead letter': double('dead_letters', 'in_progress', {
    run: { to: 'made' },
  }),
  'a row of another topic without an id, in place of a dead letter': double('dead_letters', 'in_progress', {
    run: { to: 'made' },
    topic_id: { to: 'x' },
  }),
  'a row of another topic without a run, in place of a dead letter': double('dead_letters', 'in_progress', {
    topic_id: { to: 'x' },
  }),
  'a row of the run without id and position': double('dead_letters', 'in_progress', {
    run: { to: 'made' },
    offset: { to: null },
  }),
  "a position beyond the log's end": set('offsets', 'next_offset', { plus: 1n }),
  'positions with a topic id that is a blob': set('offsets', 'topic_id', { as: 'blob' }),
};

const file = (
  name: (EvidenceMutation & { do: 'file' })['file'],
  harm: (EvidenceMutation & { do: 'file' })['harm'],
  seal: (EvidenceMutation & { do: 'file' })['seal'],
): EvidenceMutation => ({ do: 'file', file: name, harm, seal });

/** All edits at one path of a document. */
const edits = (name: string, at: string): EvidenceMutation[] =>
  jsonEdits
    .filter((edit) => edit.file === name && edit.at.join('.') === at)
    .map((edit) => ({ do: 'edit', edit, seal: 'made again' }));

export const escapedInEvidence: Readonly<Record<string, EvidenceMutation[]>> = {
  'a folder in place of a ledger': [file('ledger-p0-0.bin', 'a folder', 'stays')],
  'a dangling link in place of a ledger': [file('ledger-p0-0.bin', 'a link to nowhere', 'stays')],
  'a link to itself in place of a ledger': [file('ledger-p1-0.bin', 'a link to itself', 'stays')],
  'a link to an endless file in place of a file': (
    ['run.json', 'ledger-p0-0.bin', 'journal-1.bin', 'log.scan', 'consumer.json', 'store.sqlite'] as const
  ).map((name) => file(name, 'a link without end', 'stays')),
  'a folder in place of a seal': [file('ledger-p0-0.bin', 'nothing', 'a folder')],
  'a link to itself in place of a seal': [file('ledger-p0-0.bin', 'nothing', 'a link to itself')],
  'a ledger of another run': [file('ledger-p0-0.bin', { ofAnotherRun: true }, 'made again')],
  'a ledger of another producer': [file('ledger-p0-0.bin', { asAnother: 'ledger-p1-0.bin' }, 'gone')],
  'a ledger that is cut between two frames, and sealed': [
    file('ledger-p0-0.bin', { cutFrames: 3 }, 'made again'),
  ],
  'a ledger with an extra byte, and sealed': [file('ledger-p0-0.bin', { append: '00' }, 'made again')],
  'a ledger of a session that did not exist': [{ do: 'ledger too many', of: 'ledger-p0-1.bin' }],
  'a ledger of a producer that did not exist': [{ do: 'ledger too many', of: 'ledger-p2-0.bin' }],
  'a scan cut short, and sealed': [file('log.scan', { cutRows: 2 }, 'made again')],
  'a scan with an extra record, and sealed': [file('log.scan', { append: 'ff'.repeat(80) }, 'made again')],
  'a scan with an extra byte, and sealed': [file('log.scan', { append: '00' }, 'made again')],
  'an empty scan, and sealed': [file('log.scan', 'empty', 'made again')],
  'a scan with other content, and sealed': [file('log.scan', { asAnother: 'ledger-p0-0.bin' }, 'made again')],
  'a scan of another run': [{ do: 'scan of another run' }],
  'ranges that end below records': edits('log.json', 'ranges.0.end'),
  'a range that is gone': edits('log.json', 'ranges.0'),
  'a count of records that is wrong': edits('log.json', 'records'),
  'a scan of another topic': edits('log.json', 'topic'),
  'a plan that is impossible, or contradicts the ledgers': edits('run.json', 'producers.p0'),
  'a plan without a producer that has a ledger': edits('run.json', 'producers.p1'),
  'a plan without producers': edits('run.json', 'producers'),
  'a plan with a partition that the topic does not have': edits('run.json', 'base.7'),
  'payloads of an impossible size': edits('run.json', 'payloadBytes'),
  'a manifest that was changed': jsonEdits
    .filter((edit) => edit.file === 'run.json')
    .map((edit) => ({ do: 'edit', edit, seal: 'stays' })),
  'a manifest of another run': [file('run.json', { ofAnotherRun: true }, 'stays')],
  'a consumer that noted no store': edits('consumer.json', 'store'),
  'a consumer of another run': [file('consumer.json', { ofAnotherRun: true }, 'stays')],
};
