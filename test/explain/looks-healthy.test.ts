import { expect, test } from 'vitest';
import { isAsExpected } from '../../src/explain/looks-healthy.ts';
import { gap, type TimelineEvent } from '../../src/explain/timeline.ts';

const expected = { state: 'failed', key: 'k', payloadBytes: 200, producer: 'p0', sequence: 1 };
const id = 'p0-1';
const place = { partition: 0, offset: 7 };

const intent: TimelineEvent = { hop: 'intent', time: null, id, producer: 'p0', session: 0 };
const outcome = (of: 'acked' | 'rejected' | 'unknown'): TimelineEvent => {
  const placed = of === 'acked' ? place : { partition: null, offset: null };
  return {
    hop: 'outcome',
    time: null,
    id,
    producer: 'p0',
    session: 0,
    outcome: of,
    ...placed,
    error: null,
    isNoted: true,
  };
};
const sound = { copy: 1, session: 0, isAborted: false, isCrcBad: false, differs: [] };
const record = { hop: 'log', time: null, id, ...place, ...sound } as const;
const row = { hop: 'row', time: null, id, category: 'failed', ...place, differs: [] } as const;
const letter = { hop: 'dead-letter', time: null, ...place, reason: '' } as const;
const noLog = gap.missing('log', 'why');
const noStore = gap.missing('row', 'why');
const noLedger = gap.missing('intent', 'why');
const acked = [intent, outcome('acked')];
const unknown = [intent, outcome('unknown')];

test.each<[string, TimelineEvent[]]>([
  ['acked, in the log and stored', [...acked, record, row]],
  ['acked and stored, the log missing', [...acked, noLog, row]],
  ['acked and in the log, the store missing', [...acked, record, noStore]],
  ['unknown and written', [...unknown, record, row]],
  ['unknown and not written', unknown],
  ['unknown and stored, the log missing', [...unknown, noLog, row]],
  ['rejected', [intent, outcome('rejected')]],
  ['never sent', [gap.nothing('intent', 'never sent')]],
  ['in the log and stored, the ledger missing', [noLedger, record, row]],
])('a timeline looks healthy if the message was %s', (_, events) => {
  expect(isAsExpected(id, expected, events)).toBe(true);
  expect(isAsExpected(id, null, events)).toBe(false);
});

test.each<[string, TimelineEvent[]]>([
  ['acked and not stored', [...acked, record]],
  ['acked and not in the log', [...acked, row]],
  ['acked and nowhere, the log missing', [...acked, noLog]],
  ['twice in the log', [...acked, record, { ...record, copy: 2, offset: 8 }, row]],
  ['in two rows', [...acked, record, row, row]],
  ['unknown and written, not stored', [...unknown, record]],
  ['rejected and written', [intent, outcome('rejected'), record, row]],
  ['never sent and stored', [gap.nothing('intent', 'never sent'), row]],
  ['aborted', [...acked, { ...record, isAborted: true }, row]],
  ['in a batch with a wrong checksum', [...acked, { ...record, isCrcBad: true }, row]],
  ['different in the log', [...acked, { ...record, differs: ['how'] }, row]],
  ['different in the store', [...acked, record, { ...row, differs: ['how'] }]],
  ['stored as a dead letter', [...acked, record, letter]],
  ['at the offset of another', [...acked, { ...record, id: 'p0-2' }, record, row]],
])('a timeline does not look healthy if the message was %s', (_, events) => {
  expect(isAsExpected(id, expected, events)).toBe(false);
});
