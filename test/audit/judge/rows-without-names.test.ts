/** Rows with another id than that of the message at their position, or without an id; and rows beyond the log's end. */
import { expect, test } from 'vitest';
import { testDefects } from './defect-cases.ts';
import {
  alter,
  auditOf,
  findingsOf,
  journal,
  logged,
  message,
  missing,
  namelessJournal,
  range,
  stored,
  unwritten,
  without,
  written,
  type Change,
} from './healthy-history.ts';

const nameless = (at: string, category: string): Change => stored({ at, category });
/** A message that only the store has. */
const ghost = message('ghost', { planned: false, state: null });
const ghostRow = (at: string | undefined, category: string): Change =>
  stored({ id: 'ghost', at, category, content: null, key: null });
const notFinal: Change = (history) => void (history.isFinal = false);

/** The messages of partition 0 begin at offset 4. */
const movedUp: Change[] = [
  alter('sends', 'a', { at: '0:4' }),
  alter('sends', 'b', { at: '0:5' }),
  alter('log', 'a', { at: '0:4' }),
  alter('log', 'b', { at: '0:5' }),
  alter('rows', 'a', { at: '0:4' }),
  alter('rows', 'b', { at: '0:5' }),
];

testDefects([
  {
    name: 'a second row without an id at an acked position',
    defect: [nameless('0:0', 'failed')],
    found: ['duplicated consumer: a'],
    twin: [nameless('0:5', 'failed')],
  },
  {
    name: 'a second row without an id at an acked position, and a whole journal with one write',
    defect: [namelessJournal, nameless('0:0', 'failed')],
    found: ['duplicated store: a'],
    twin: [namelessJournal, nameless('0:5', 'failed')],
  },
  {
    name: 'a second row without an id in another category',
    defect: [nameless('0:0', 'completed')],
    found: ['duplicated consumer: a', 'misclassified consumer: a'],
    twin: [nameless('0:5', 'completed')],
  },
  {
    name: 'a message whose only row has no id',
    defect: [without('rows', 'a'), nameless('0:0', 'failed')],
    found: ['corrupted consumer: a'],
    twin: [],
  },
  {
    name: 'a message of unknown outcome whose only row has no id',
    defect: [
      alter('sends', 'a', { outcome: 'unknown', at: undefined }),
      without('rows', 'a'),
      nameless('0:0', 'failed'),
    ],
    found: ['corrupted consumer: a'],
    twin: [alter('sends', 'a', { outcome: 'unknown', at: undefined }), nameless('0:5', 'failed')],
  },
  {
    name: 'a message whose only row has an unknown id',
    defect: [ghost, without('rows', 'a'), ghostRow('0:0', 'failed')],
    found: ['corrupted consumer: a'],
    twin: [],
  },
  {
    name: 'a message whose only row has an unknown id, in the wrong category',
    defect: [ghost, without('rows', 'a'), ghostRow('0:0', 'completed')],
    found: ['misclassified consumer: a', 'corrupted consumer: a'],
    twin: [],
  },
  {
    name: 'a message whose only row has an unknown id, and a journal that has it right',
    defect: [journal, ghost, without('rows', 'a'), ghostRow('0:0', 'failed')],
    found: ['corrupted store: a'],
    twin: [journal],
  },
  {
    name: 'an unknown row at the position of a message that has its own row',
    defect: [namelessJournal, ghost, ghostRow('0:0', 'failed')],
    found: ['phantom store: ghost'],
    twin: [namelessJournal],
  },
  {
    name: 'a second row of a message at the position of another, which the journal wrote once',
    defect: [namelessJournal, stored({ id: 'a', at: '0:1', category: 'failed' })],
    found: ['duplicated store: a'],
    twin: [namelessJournal],
  },
  {
    name: 'a row at an offset before the run began',
    defect: [range(0, { base: 4 }), ...movedUp, alter('rows', 'a', { at: '0:1' })],
    found: ['corrupted consumer: a'],
    twin: [range(0, { base: 4 }), ...movedUp],
  },
]);

const beyond = { partition: 0, offset: 9, detail: "a row or dead letter beyond the log's end" };

test.each(['dead-letters', 'failed'])(
  "a row in %s beyond a whole log's end is a phantom",
  async (category) => {
    const audit = await auditOf(nameless('0:9', category));
    expect(audit).toMatchObject({
      verdict: 'fail',
      findings: [{ kind: 'phantom', blame: 'consumer', count: 1, examples: [beyond] }],
    });
    const blames: [Change[], string][] = [
      [[journal], 'store'],
      [[journal, missing('written')], 'unknown'],
      [[journal, written({ at: '0:9', category })], 'consumer'],
    ];
    for (const [changes, blame] of blames) {
      const { findings } = await auditOf(...changes, nameless('0:9', category));
      expect(findings).toMatchObject([{ kind: 'phantom', blame }]);
    }
  },
);

test('a foreign row is not a phantom below the end of the log, or if the log is not whole or may have grown', async () => {
  const others = [
    [missing('log'), nameless('0:9', 'failed')],
    [notFinal, nameless('0:9', 'failed')],
    [nameless('0:8', 'failed')],
  ];
  for (const changes of others) expect(findingsOf(await auditOf(...changes))).toEqual([]);
});

test('if the topic was recreated, a row with an unknown id is a phantom, and not the row of a message', async () => {
  const remade: Change = (history) => void (history.topicRecreated = true);
  const audit = await auditOf(remade, ghost, ghostRow('0:0', 'failed'));
  expect(findingsOf(audit)).toEqual(['phantom unknown: ghost']);
});

test('a message whose record is in the log scan twice has one row, even if that has no id', async () => {
  const twice = [logged({ id: 'a', at: '0:0', crc: 'ok' }), without('rows', 'a'), nameless('0:0', 'failed')];
  expect(findingsOf(await auditOf(...twice))).toEqual(['corrupted consumer: a']);
});

test('foreign rows in partitions without a known range are not a finding', async () => {
  const noRanges: Change = (history) => void (history.ranges = []);
  expect(findingsOf(await auditOf(noRanges, notFinal, nameless('0:9', 'failed')))).toEqual([]);
  expect(findingsOf(await auditOf(noRanges, nameless('0:9', 'failed')))).toEqual([]);
});

test('a wrong row at the right position is blamed on the consumer, even if another has lost its position', async () => {
  const tells: Change = (history) => void (history.tellsPlaces = true);
  const wrong = [
    alter('rows', 'a', { at: undefined, content: 'partition' }),
    stored({ id: 'a', at: '0:0', category: 'failed', content: 'x' }),
  ];
  expect(findingsOf(await auditOf(namelessJournal, tells, ...wrong))).toEqual([
    'duplicated store: a',
    'corrupted consumer: a',
  ]);
});

test('a row without a position was corrupted by the store if the journal has it as written', async () => {
  const tells: Change = (history) => void (history.tellsPlaces = true);
  const placeless = alter('rows', 'a', { at: undefined, content: 'partition' });
  expect(findingsOf(await auditOf(namelessJournal, tells, placeless))).toEqual(['corrupted store: a']);
  expect(findingsOf(await auditOf(tells, placeless))).toEqual(['corrupted consumer: a']);
  expect(findingsOf(await auditOf(namelessJournal, unwritten('0:0'), tells, placeless))).toEqual([
    'corrupted consumer: a',
  ]);
});

test('rows without an id are not a finding if the topic was recreated', async () => {
  const remade: Change = (history) => void (history.topicRecreated = true);
  const audit = await auditOf(remade, logged(), nameless('0:0', 'failed'));
  expect(findingsOf(audit)).toEqual([]);
});

test('the blame for a row in the wrong category is unknown only if the row has lost its position', async () => {
  for (const [place, blame] of [
    [{ at: undefined }, 'unknown'],
    [{}, 'consumer'],
  ] as const) {
    const { findings } = await auditOf(
      (history) => void (history.tellsPlaces = true),
      alter('rows', 'a', { ...place, category: 'completed' }),
    );
    expect(findings.filter(({ kind }) => kind === 'misclassified')).toMatchObject([{ blame }]);
  }
});

test('a row in the wrong category is not blamed on the consumer if a whole journal does not have it', async () => {
  const tells: Change = (history) => void (history.tellsPlaces = true);
  const misrouted = alter('rows', 'a', { category: 'completed' });
  const audit = await auditOf(namelessJournal, unwritten('0:0'), tells, misrouted);
  expect(findingsOf(audit)).toEqual(['misclassified unknown: a']);
});
