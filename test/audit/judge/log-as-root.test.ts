/** Evidence without a ledger: the messages are what the topic holds. */
import { describe, expect, test } from 'vitest';
import { asTopic } from './as-topic.ts';
import { testDefects } from './defect-cases.ts';
import {
  alter,
  auditOf,
  findingsOf,
  logged,
  message,
  missing,
  position,
  range,
  stored,
  without,
  type Change,
} from './healthy-history.ts';

/** To be given last: what a producer knew is not there. */
const asRoot: Change = (history) => void Object.assign(history, asTopic(history));
const partOfLife: Change = (history) => void (history.isWholeLife = false);
const dropped = (id: string): Change => message(id, { state: 'failed', dropped: true });
const stranger = (id: string): Change => message(id, { planned: false });

testDefects([
  {
    name: 'a record without a row',
    defect: [without('rows', 'b'), asRoot],
    found: ['lost consumer: b'],
    twin: [asRoot],
  },
  {
    name: 'an id that two records have',
    defect: [logged({ id: 'b', at: '0:3' }), asRoot],
    found: ['duplicated producer: b'],
    twin: [logged({ at: '0:3' }), asRoot],
  },
  {
    name: 'two rows for one record',
    defect: [stored({ id: 'b', at: '0:1', category: 'completed' }), asRoot],
    found: ['duplicated consumer: b'],
    twin: [asRoot],
  },
  {
    name: 'a row of no record, in a store that can only have what the log shows',
    defect: [stranger('x'), stored({ id: 'x', category: 'failed' }), asRoot],
    found: ['phantom consumer: x'],
    twin: [stranger('x'), stored({ id: 'x', category: 'failed' }), partOfLife, asRoot],
  },
  {
    name: 'a row with a strange id at the place of a record: only ids say whose row it is',
    defect: [
      stranger('x'),
      without('rows', 'b'),
      stored({ id: 'x', at: '0:1', category: 'completed' }),
      asRoot,
    ],
    found: ['lost consumer: b', 'phantom consumer: x'],
    twin: [asRoot],
  },
  {
    name: 'a good message among the dead letters',
    defect: [alter('rows', 'b', { category: 'dead-letters' }), asRoot],
    found: ['wrongly-dead-lettered consumer: b'],
    twin: [asRoot],
  },
  {
    name: 'a row of an aborted record, which is no message',
    defect: [alter('log', 'b', { aborted: true }), asRoot],
    found: ['aborted-read consumer: b'],
    twin: [alter('log', 'b', { aborted: true }), without('rows', 'b'), asRoot],
  },
]);

describe('the order of records is not judged:', () => {
  test.each<[string, Change]>([
    ['one key in two partitions', ({ messages }) => void (messages['c']!.key = 'k0')],
    ['sequences that fall', ({ messages }) => void (messages['a']!.sequence = 9)],
  ])('%s', async (_, change) => {
    expect(findingsOf(await auditOf(change))).toHaveLength(1);
    expect(await auditOf(change, asRoot)).toMatchObject({ verdict: 'pass', findings: [] });
  });
});

test('rows that a part of the log does not explain are counted, and the verdict does not rest on them', async () => {
  const rows = [stored({ id: 'x', category: 'failed' }, { id: 'x', category: 'completed' })];
  const audit = await auditOf(stranger('x'), ...rows, partOfLife, asRoot);
  expect(audit).toMatchObject({ verdict: 'pass', counts: { unrooted: 2 } });
  expect(audit.notChecked).toEqual([expect.stringMatching(/^2 rows not judged: no record that was read/)]);
});

test('a topic without a record proves nothing', async () => {
  const empty: Change = (history) => Object.assign(history, { log: [], rows: [] });
  const { verdict, notChecked } = await auditOf(empty, asRoot);
  expect([verdict, notChecked]).toEqual(['inconclusive', ['The log holds no record to check the store by.']]);
});

describe('sentences speak of records, and not of what a producer did:', () => {
  test.each<[string, Change[], string]>([
    ['not drained', [without('rows', 'b'), position(0, 1)], '1 record not stored, and the consumer had not'],
    ['an unread store', [without('rows', 'b'), missing('store')], '1 record not seen in the store'],
    [
      'a row at a place that was not read',
      [alter('rows', 'b', { at: '0:0' }), range(0, { start: 1 }), without('rows', 'a')],
      '1 record stored with the position of a record that the log scan did not cover',
    ],
  ])('%s', async (_, changes, sentence) => {
    const { notChecked } = await auditOf(...changes, asRoot);
    expect(notChecked).toContainEqual(expect.stringContaining(sentence));
    expect(notChecked.join(' ')).not.toMatch(/acked|acknowledged|sent\b|send|producer|intent|message/);
  });
});

describe('a message that a declared rule drops', () => {
  testDefects([
    {
      name: 'has a row',
      defect: [dropped('x'), logged({ id: 'x', at: '0:2' }), stored({ id: 'x', category: 'failed' }), asRoot],
      found: ['unexpected consumer: x'],
      twin: [dropped('x'), logged({ id: 'x', at: '0:2' }), asRoot],
    },
    {
      name: 'is a dead letter',
      defect: [
        dropped('x'),
        logged({ id: 'x', at: '0:2' }),
        stored({ id: 'x', category: 'dead-letters' }),
        asRoot,
      ],
      found: ['unexpected consumer: x'],
      twin: [dropped('x'), logged({ id: 'x', at: '0:2' }), asRoot],
    },
    {
      name: 'has two rows in a wrong category',
      defect: [
        dropped('x'),
        logged({ id: 'x', at: '0:2' }),
        stored({ id: 'x', category: 'completed' }, { id: 'x', category: 'completed' }),
        asRoot,
      ],
      found: ['unexpected consumer: x'],
      twin: [dropped('x'), logged({ id: 'x', at: '0:2' }), asRoot],
    },
  ]);

  test('is counted, whether it was stored or not', async () => {
    const audits = [
      await auditOf(dropped('x'), logged({ id: 'x', at: '0:2' }), asRoot),
      await auditOf(
        dropped('x'),
        logged({ id: 'x', at: '0:2' }),
        stored({ id: 'x', category: 'failed' }),
        asRoot,
      ),
    ];
    expect(audits.map(({ counts }) => counts.dropped)).toEqual([1, 1]);
  });

  test('is lost by the broker if it was acknowledged, and a whole log lacks it', async () => {
    const sentAlone: Change = ({ sends }) => sends.push({ id: 'x', outcome: 'acked', at: '0:2' });
    expect(findingsOf(await auditOf(dropped('x'), sentAlone))).toEqual(['lost broker: x']);
    const kept = await auditOf(dropped('x'), sentAlone, logged({ id: 'x', at: '0:2' }));
    expect([kept.verdict, findingsOf(kept)]).toEqual(['pass', []]);
  });

  test('may be left out between the position and a commit', async () => {
    const ahead: Change = ({ commits }) => void (commits[0] = 3);
    const sent: Change = ({ sends }) => sends.push({ id: 'x', outcome: 'acked', at: '0:2' });
    const record = logged({ id: 'x', at: '0:2' });
    expect(findingsOf(await auditOf(dropped('x'), sent, record, position(0, 2), ahead))).toEqual([]);
    const expected = message('x', { state: 'failed' });
    expect(findingsOf(await auditOf(expected, sent, record, position(0, 2), ahead))).toEqual([
      'overcommitted consumer: ',
    ]);
  });
});
