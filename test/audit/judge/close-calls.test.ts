/** Cases that tell two readings of one condition apart. */
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
    name: 'an unknown message that is in the log twice and in the store once',
    defect: [
      stranger,
      logged({ id: 'e', at: '0:5', content: 'x' }, { id: 'e', at: '0:6', content: 'y' }),
      stored({ id: 'e', at: '0:7', category: 'failed' }),
    ],
    found: ['phantom producer: e'],
    twin: [],
  },
  {
    name: 'a row of an unknown message whose record was aborted',
    defect: [
      stranger,
      logged({ id: 'e', at: '0:5', aborted: true }),
      stored({ id: 'e', at: '0:5', category: 'failed' }),
    ],
    found: ['aborted-read consumer: e'],
    twin: [stranger, logged({ id: 'e', at: '0:5', aborted: true })],
  },
  {
    name: 'an unknown row at a position that a journal without ids does not have',
    defect: [namelessJournal, stranger, stored({ id: 'e', at: '0:5', category: 'failed' })],
    found: ['phantom store: e'],
    twin: [namelessJournal],
  },
  {
    name: 'two unknown rows, one of them without a position, and a journal without ids',
    defect: [
      namelessJournal,
      stranger,
      stored({ id: 'e', at: '0:5', category: 'failed' }, { id: 'e', category: 'failed' }),
    ],
    found: ['phantom consumer: e'],
    twin: [namelessJournal],
  },
  {
    name: 'two unknown rows, one of them at an offset that retention removed',
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
    name: 'a record at neither of two acked offsets, one of which the scan did not cover',
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
    name: 'a missing message with two acked offsets that retention removed, only one of which the consumer had passed',
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
    name: 'a message with two records, one of which the journal accounts for as not written',
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
    name: 'a second row with a partition but no offset, and a journal that is cut short',
    defect: [
      missing('deliveries'),
      (h) => (h.deliveries = []),
      stored({ id: 'a', at: '5:-1', category: 'failed' }),
    ],
    found: ['duplicated consumer: a'],
    twin: [],
  },
  {
    name: 'a dead letter at the offset of a message',
    defect: [stored({ at: '0:0', category: 'dead-letters' })],
    found: ['duplicated consumer: a', 'wrongly-dead-lettered consumer: a'],
    twinVerdict: 'inconclusive',
    // The dead letter may be of the record that the old topic had at this offset.
    twin: [recreated, stored({ at: '0:0', category: 'dead-letters' })],
  },
  {
    name: 'a missing dead letter, and a topic that was recreated',
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
    name: 'a topic that was recreated, and a missing message with two acked offsets, one of which the consumer had passed',
    defect: [recreated, ...gone('a'), position(0, 0), sent({ id: 'a', outcome: 'acked', at: '1:5' })],
    found: ['lost unknown: a'],
    twin: [recreated],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a topic that was recreated, and a missing message whose ack names no offset, though all was delivered',
    defect: [recreated, all, ...gone('a'), alter('sends', 'a', { at: undefined })],
    found: ['lost unknown: a'],
    twin: [recreated, missing('store'), ...gone('a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a message that was acked twice and logged twice',
    defect: [sent({ id: 'a', outcome: 'acked', at: '0:5' }), logged({ id: 'a', at: '0:5' })],
    found: ['duplicated producer: a'],
    twin: [sent({ id: 'a', outcome: 'acked', at: '0:5' }, { id: 'a', outcome: 'acked', at: '0:5' })],
  },
  {
    name: 'a missing message that was acked before an attempt of unknown outcome',
    defect: [sent({ id: 'a', outcome: 'unknown' }), ...gone('a')],
    found: ['lost broker: a'],
    twin: [sent({ id: 'a', outcome: 'unknown' }, { id: 'a', outcome: 'rejected' })],
  },
  {
    name: 'two partitions in which one offset was acked for two messages',
    defect: [alter('sends', 'b', { at: '0:0' }), alter('sends', 'd', { at: '1:0' })],
    found: ['offset-conflict producer: a b c d'],
    twin: [],
  },
  {
    name: 'a row with another key than the record, if the sent key is unknown',
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
    name: 'a row that differs from the only one of two records with a known content',
    defect: [
      alter('log', 'a', { content: null }),
      logged({ id: 'a', at: '0:5' }),
      alter('rows', 'a', { content: 'x' }),
    ],
    found: ['duplicated producer: a', 'corrupted consumer: a'],
    twin: [],
  },
  {
    name: 'a wrong row that was written twice, once with the same wrong content',
    defect: [journal, written({ id: 'a', at: '0:0', content: 'x' }), alter('rows', 'a', { content: 'x' })],
    found: ['corrupted consumer: a'],
    twin: [journal, written({ id: 'a', at: '0:0', content: 'x' })],
  },
  {
    name: 'records that look foreign at acked offsets in all partitions',
    defect: [
      ...['a', 'c'].map((id) => without('log', id)),
      logged({ at: '0:0', crc: 'ok' }, { at: '1:0', crc: 'ok' }),
    ],
    found: ['corrupted producer: a c'],
    twin: [logged({ at: '0:5', crc: 'ok' }, { at: '1:5', crc: 'ok' })],
  },
  {
    name: 'two rows at wrong offsets, one of which retention removed',
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
    name: 'two rows, one at a wrong offset and one without a position',
    defect: [alter('rows', 'a', { at: '0:7' }), stored({ id: 'a', category: 'failed' })],
    found: ['duplicated consumer: a'],
    twin: [],
  },
]);

describe('a history passes', () => {
  test.each<[string, Change[]]>([
    [
      'records without a known key, in two partitions',
      [alter('log', 'a', { key: null }), alter('log', 'c', { key: null })],
    ],
    ['two messages with one sequence', [alter('log', 'b', { sequence: 0 })]],
    [
      'an aborted record with a higher sequence',
      [alter('log', 'a', { aborted: true, sequence: 5 }), without('rows', 'a')],
    ],
    ['a row with a partition but no offset', [alter('rows', 'a', { at: '0' })]],
    [
      'a row with a partition but no offset, of a message that was acked twice',
      [sent({ id: 'a', outcome: 'acked', at: '0:7' }), alter('rows', 'a', { at: '0' })],
    ],
    [
      'an attempt of unknown outcome that names an offset',
      [alter('sends', 'a', { outcome: 'unknown', at: '0:7' })],
    ],
  ])('with %s', async (_, changes) => {
    expect(await auditOf(...changes)).toMatchObject({ verdict: 'pass', findings: [], notChecked: [] });
  });
});

test('a message of unknown outcome was not written if a compacted log has no record of its key', async () => {
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

test('a message that only the journal shows neither counts as sent nor as a phantom', async () => {
  const sentence = /^1 message written according to the consumer's journal/;
  const unsent = await auditOf(message('e'), written({ id: 'e', at: '0:5' }));
  expect(unsent.notChecked).toEqual(['1 message of the plan never sent.', expect.stringMatching(sentence)]);
  const strange = await auditOf(stranger, written({ id: 'e', at: '0:5' }));
  expect(findingsOf(strange)).toEqual([]);
  expect(strange.notChecked).toEqual([expect.stringMatching(sentence)]);
});

test('a finding has only a cause that applies to one of its acked offsets', async () => {
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

test('the audit throws a bug error if evidence breaks its own rules', async () => {
  const history = healthyHistory();
  history.log.reverse();
  await expect(audit(buildEvidence(history))).rejects.toThrow('bug: the log');
  const evidence = buildEvidence(healthyHistory());
  delete evidence.messages.expectedKey;
  await expect(audit(evidence)).rejects.toThrow('bug: rows have keys');
});
