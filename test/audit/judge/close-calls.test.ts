/** Cases in which two readings of one condition part ways. */
import { describe, expect, test } from 'vitest';
import { testDefects } from './defect-cases.ts';
import { audit } from '../../../src/audit/judge/audit.ts';
import { buildEvidence } from './build-evidence.ts';
import {
  alter,
  auditOf,
  committed,
  delivered,
  findingsOf,
  healthyHistory,
  journal,
  logged,
  message,
  missing,
  namelessJournal,
  position,
  range,
  sent,
  stored,
  without,
  written,
  type Change,
} from './healthy-history.ts';

const gone = (id: string): Change[] => [without('log', id), without('rows', id)];
const stranger = message('e', { planned: false, state: null });
const recreated: Change = (history) => (history.topicRecreated = true);
const all: Change = delivered({ partition: 0, first: 0, end: 9 }, { partition: 1, first: 0, end: 9 });

testDefects([
  {
    name: 'a stranger is a phantom and nothing else, however often it is there',
    defect: [
      stranger,
      logged({ id: 'e', at: '0:5', content: 'x' }, { id: 'e', at: '0:6', content: 'y' }),
      stored({ id: 'e', at: '0:7', category: 'failed' }),
    ],
    found: ['phantom producer: e'],
    twin: [],
  },
  {
    name: 'a stranger whose record was aborted, and a row of it',
    defect: [
      stranger,
      logged({ id: 'e', at: '0:5', aborted: true }),
      stored({ id: 'e', at: '0:5', category: 'failed' }),
    ],
    found: ['aborted-read consumer: e'],
    twin: [stranger, logged({ id: 'e', at: '0:5', aborted: true })],
  },
  {
    name: 'a stranger at a position where nobody wrote, by a journal of positions',
    defect: [namelessJournal, stranger, stored({ id: 'e', at: '0:5', category: 'failed' })],
    found: ['phantom store: e'],
    twin: [namelessJournal],
  },
  {
    name: 'a stranger in two rows, one of which may be any that was written',
    defect: [
      namelessJournal,
      stranger,
      stored({ id: 'e', at: '0:5', category: 'failed' }, { id: 'e', category: 'failed' }),
    ],
    found: ['phantom consumer: e'],
    twin: [namelessJournal],
  },
  {
    name: 'a stranger in two rows, one of which may come from what retention removed',
    defect: [
      range(0, { start: 1 }),
      without('log', 'a'),
      stranger,
      stored({ id: 'e', at: '0:5', category: 'failed' }, { id: 'e', at: '0:0', category: 'failed' }),
    ],
    found: ['phantom unknown: e'],
    twin: [range(0, { start: 1 }), without('log', 'a')],
  },
  {
    name: 'elsewhere than at two acked offsets, one of which the scan did not cover',
    defect: [
      range(1, { start: 1 }),
      without('log', 'c'),
      alter('sends', 'b', { at: '0:7' }),
      sent({ id: 'b', outcome: 'acked', at: '1:0' }),
      without('sends', 'c'),
      ({ messages }) => delete messages['c'],
      without('rows', 'c'),
    ],
    found: ['offset-conflict unknown: b'],
    twin: [range(1, { start: 1 }), without('log', 'c')],
  },
  {
    name: 'two records that differ, one of them in a batch whose CRC is wrong',
    defect: [alter('log', 'a', { content: 'x' }), logged({ id: 'a', at: '0:5', crc: 'bad' })],
    found: ['duplicated producer: a', 'corrupted broker: a'],
    twin: [],
  },
  {
    name: 'two acked offsets, both removed, of which the consumer was past one',
    defect: [
      range(0, { start: 1 }),
      range(1, { start: 1 }),
      position(0, 0),
      ...gone('a'),
      ...['b', 'c'].flatMap((id) => [...gone(id), without('sends', id)]),
      ({ messages }) => ['b', 'c'].forEach((id) => delete messages[id]),
      sent({ id: 'a', outcome: 'acked', at: '1:0' }),
    ],
    found: ['lost unknown: a'],
    twin: [],
  },
  {
    name: 'of two records the journal knows of one that it was left out, and of the other nothing',
    defect: [
      logged({ id: 'a', at: '0:5' }),
      without('rows', 'a'),
      missing('deliveries', 'written'),
      (h) => Object.assign(h, { deliveries: [], written: [], accounted: ['0:0'] }),
    ],
    found: ['lost consumer: a', 'duplicated producer: a'],
    twin: [],
  },
  {
    name: 'a row of a partition without an offset, where the journal is cut short',
    defect: [
      missing('deliveries'),
      (h) => (h.deliveries = []),
      stored({ id: 'a', at: '5:-1', category: 'failed' }),
    ],
    found: ['duplicated consumer: a'],
    twin: [],
  },
  {
    name: 'a dead letter where a message stands, and where the topic was recreated',
    defect: [stored({ at: '0:0', category: 'dead-letters' })],
    found: ['duplicated consumer: a', 'wrongly-dead-lettered consumer: a'],
    twinVerdict: 'inconclusive',
    // It may be of a record that stood there before.
    twin: [recreated, stored({ at: '0:0', category: 'dead-letters' })],
  },
  {
    name: 'one that is to be a dead letter, where the topic was recreated',
    defect: [
      recreated,
      message('e', { state: 'dead-letters', sequence: 8 }),
      sent({ id: 'e', outcome: 'acked', at: '0:6' }),
    ],
    found: ['lost unknown: e'],
    twinVerdict: 'inconclusive',
    twin: [
      recreated,
      message('e', { state: 'dead-letters', sequence: 8 }),
      sent({ id: 'e', outcome: 'acked', at: '0:6' }),
      stored({ at: '0:6', category: 'dead-letters' }),
    ],
  },
  {
    name: 'a topic that was recreated, and the consumer was past one of two acked offsets',
    defect: [recreated, ...gone('a'), position(0, 0), sent({ id: 'a', outcome: 'acked', at: '1:5' })],
    found: ['lost unknown: a'],
    twin: [recreated],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a topic that was recreated, and an ack without an offset, whatever was delivered',
    defect: [recreated, all, ...gone('a'), alter('sends', 'a', { at: undefined })],
    found: ['lost unknown: a'],
    twin: [recreated, missing('store'), ...gone('a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a second copy of what was acked twice is not late',
    defect: [sent({ id: 'a', outcome: 'acked', at: '0:5' }), logged({ id: 'a', at: '0:5' })],
    found: ['duplicated producer: a'],
    twin: [sent({ id: 'a', outcome: 'acked', at: '0:5' }, { id: 'a', outcome: 'acked', at: '0:5' })],
  },
  {
    name: 'acked, whatever became of a later attempt',
    defect: [sent({ id: 'a', outcome: 'unknown' }), ...gone('a')],
    found: ['lost broker: a'],
    twin: [sent({ id: 'a', outcome: 'unknown' }, { id: 'a', outcome: 'rejected' })],
  },
  {
    name: 'acks of two messages at an offset of each partition',
    defect: [alter('sends', 'b', { at: '0:0' }), alter('sends', 'd', { at: '1:0' })],
    found: ['offset-conflict producer: a b c d'],
    twin: [],
  },
  {
    name: 'a row with another key than the record, where nobody knows what was sent',
    defect: [
      ({ messages }) => delete messages['a']!.key,
      alter('log', 'a', { key: 'k0' }),
      alter('rows', 'a', { key: 'y' }),
    ],
    found: ['corrupted consumer: a'],
    twin: [
      ({ messages }) => delete messages['a']!.key,
      alter('log', 'a', { key: 'k0' }),
      alter('rows', 'a', { key: 'k0' }),
    ],
  },
  {
    name: 'a row that differs, and one of two records tells its content',
    defect: [
      alter('log', 'a', { content: null }),
      logged({ id: 'a', at: '0:5' }),
      alter('rows', 'a', { content: 'x' }),
    ],
    found: ['duplicated producer: a', 'corrupted consumer: a'],
    twin: [],
  },
  {
    name: 'a row that was written twice, once as wrong as it is',
    defect: [journal, written({ id: 'a', at: '0:0', content: 'x' }), alter('rows', 'a', { content: 'x' })],
    found: ['corrupted consumer: a'],
    twin: [journal, written({ id: 'a', at: '0:0', content: 'x' })],
  },
  {
    name: 'records that look foreign at acked offsets of all partitions',
    defect: [
      ...['a', 'c'].map((id) => without('log', id)),
      logged({ at: '0:0', crc: 'ok' }, { at: '1:0', crc: 'ok' }),
    ],
    found: ['corrupted producer: a c'],
    twin: [logged({ at: '0:5', crc: 'ok' }, { at: '1:5', crc: 'ok' })],
  },
  {
    name: 'two rows elsewhere, one where the log was removed',
    defect: [
      range(0, { start: 1 }),
      without('log', 'a'),
      without('rows', 'b'),
      stored({ id: 'b', at: '0:7', category: 'completed' }, { id: 'b', at: '0:0', category: 'completed' }),
    ],
    found: ['duplicated unknown: b'],
    twin: [range(0, { start: 1 }), without('log', 'a')],
  },
  {
    name: 'two rows, one elsewhere and one that does not tell its position',
    defect: [alter('rows', 'a', { at: '0:7' }), stored({ id: 'a', category: 'failed' })],
    found: ['duplicated consumer: a'],
    twin: [],
  },
]);

describe('passes', () => {
  test.each<[string, Change[]]>([
    [
      'records that tell no key, on two partitions',
      [alter('log', 'a', { key: null }), alter('log', 'c', { key: null })],
    ],
    ['two messages with one sequence', [alter('log', 'b', { sequence: 0 })]],
    [
      'an aborted record with a higher sequence',
      [alter('log', 'a', { aborted: true, sequence: 5 }), without('rows', 'a')],
    ],
    ['a row that tells a partition and no offset', [alter('rows', 'a', { at: '0' })]],
    [
      'a row that tells a partition and no offset, of what was acked twice',
      [sent({ id: 'a', outcome: 'acked', at: '0:7' }), alter('rows', 'a', { at: '0' })],
    ],
    ['an offset beside an outcome that is no ack', [alter('sends', 'a', { outcome: 'unknown', at: '0:7' })]],
  ])('%s', async (_, changes) => {
    expect(await auditOf(...changes)).toMatchObject({ verdict: 'pass', findings: [], notChecked: [] });
  });
});

test('an unknown message of a compacted partition was not written, if no record of its key is there', async () => {
  const unknown = alter('sends', 'c', { outcome: 'unknown', at: undefined });
  const { counts, notChecked } = await auditOf(
    range(1, { compacted: true }),
    unknown,
    ...gone('c'),
    ({ messages }) => Object.assign(messages['c']!, { key: 'k2' }),
  );
  expect(counts).toMatchObject({ unknownWritten: 0, unknownNotWritten: 1 });
  expect(notChecked).toEqual([]);
});

test('what the journal alone knows of is no evidence of the ledger or of a phantom', async () => {
  const sentence = /^1 message written according to the consumer's journal/;
  const unsent = await auditOf(message('e'), written({ id: 'e', at: '0:5' }));
  expect(unsent.notChecked).toEqual(['1 message of the plan never sent.', expect.stringMatching(sentence)]);
  const strange = await auditOf(stranger, written({ id: 'e', at: '0:5' }));
  expect(findingsOf(strange)).toEqual([]);
  expect(strange.notChecked).toEqual([expect.stringMatching(sentence)]);
});

test('a cause holds for what it can have caused', async () => {
  const twoPlaces = [
    range(0, { start: 1 }),
    range(1, { base: 5 }),
    sent({ id: 'a', outcome: 'acked', at: '1:3' }),
  ];
  expect((await auditOf(...twoPlaces, ...gone('a'))).findings[0]).toMatchObject({ cause: 'retention' });
  const [finding] = (
    await auditOf(committed(0, 12), sent({ id: 'a', outcome: 'acked', at: '1:20' }), without('rows', 'a'))
  ).findings;
  expect(finding).toMatchObject({ kind: 'lost', blame: 'consumer', cause: 'commit-before-write' });
});

test('evidence against its own rules is a bug, and ends the audit', async () => {
  const history = healthyHistory();
  history.log.reverse();
  await expect(audit(buildEvidence(history))).rejects.toThrow('bug: the log');
  const evidence = buildEvidence(healthyHistory());
  delete evidence.messages.expectedKey;
  await expect(audit(evidence)).rejects.toThrow('bug: rows have keys');
});
