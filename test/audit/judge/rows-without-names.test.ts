/** Rows that bear another id than the message's that stands where they do, or none; and rows beyond the log's end. */
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
/** Known to nobody but the store. */
const ghost = message('ghost', { planned: false, state: null });
const ghostRow = (at: string | undefined, category: string): Change =>
  stored({ id: 'ghost', at, category, content: null, key: null });
const notFinal: Change = (history) => void (history.isFinal = false);

/** The messages of partition 0 stand from offset 4 on. */
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
    name: 'a second row without an id at an acknowledged place',
    defect: [nameless('0:0', 'failed')],
    found: ['duplicated consumer: a'],
    twin: [nameless('0:5', 'failed')],
  },
  {
    name: 'the same, and a whole journal that wrote one',
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
    name: 'the only row at its place bears no id',
    defect: [without('rows', 'a'), nameless('0:0', 'failed')],
    found: ['corrupted consumer: a'],
    twin: [],
  },
  {
    name: 'the only row at the place of a record whose ack was lost bears no id',
    defect: [
      alter('sends', 'a', { outcome: 'unknown', at: undefined }),
      without('rows', 'a'),
      nameless('0:0', 'failed'),
    ],
    found: ['corrupted consumer: a'],
    twin: [alter('sends', 'a', { outcome: 'unknown', at: undefined }), nameless('0:5', 'failed')],
  },
  {
    name: 'the only row at its place bears an id that nobody knows',
    defect: [ghost, without('rows', 'a'), ghostRow('0:0', 'failed')],
    found: ['corrupted consumer: a'],
    twin: [],
  },
  {
    name: 'the same, in the wrong category too',
    defect: [ghost, without('rows', 'a'), ghostRow('0:0', 'completed')],
    found: ['misclassified consumer: a', 'corrupted consumer: a'],
    twin: [],
  },
  {
    name: 'the same, where the journal has it right',
    defect: [journal, ghost, without('rows', 'a'), ghostRow('0:0', 'failed')],
    found: ['corrupted store: a'],
    twin: [journal],
  },
  {
    name: 'a row that nobody knows, where the message has its own',
    defect: [namelessJournal, ghost, ghostRow('0:0', 'failed')],
    found: ['phantom store: ghost'],
    twin: [namelessJournal],
  },
  {
    name: 'a row of a message at the place of another, which the journal wrote once',
    defect: [namelessJournal, stored({ id: 'a', at: '0:1', category: 'failed' })],
    found: ['duplicated store: a'],
    twin: [namelessJournal],
  },
  {
    name: 'a row that stands before the run began',
    defect: [range(0, { base: 4 }), ...movedUp, alter('rows', 'a', { at: '0:1' })],
    found: ['corrupted consumer: a'],
    twin: [range(0, { base: 4 }), ...movedUp],
  },
]);

const beyond = { partition: 0, offset: 9, detail: "a row or dead letter beyond the log's end" };

test.each(['dead-letters', 'failed'])('%s beyond the end of a whole log are phantoms', async (category) => {
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
});

test('a row beyond the end is nothing where the log is not whole, where it may have grown, and below the end', async () => {
  const others = [
    [missing('log'), nameless('0:9', 'failed')],
    [notFinal, nameless('0:9', 'failed')],
    [nameless('0:8', 'failed')],
  ];
  for (const changes of others) expect(findingsOf(await auditOf(...changes))).toEqual([]);
});

test('a row under a strange id is its own in a topic that was recreated under its name', async () => {
  const remade: Change = (history) => void (history.topicRecreated = true);
  const audit = await auditOf(remade, ghost, ghostRow('0:0', 'failed'));
  expect(findingsOf(audit)).toEqual(['phantom unknown: ghost']);
});

test('a record that the log tells twice has one row, also where that bears no id', async () => {
  const twice = [logged({ id: 'a', at: '0:0', crc: 'ok' }), without('rows', 'a'), nameless('0:0', 'failed')];
  expect(findingsOf(await auditOf(...twice))).toEqual(['corrupted consumer: a']);
});

test('foreign rows in partitions of which no range is known are left alone', async () => {
  const noRanges: Change = (history) => void (history.ranges = []);
  expect(findingsOf(await auditOf(noRanges, notFinal, nameless('0:9', 'failed')))).toEqual([]);
  expect(findingsOf(await auditOf(noRanges, nameless('0:9', 'failed')))).toEqual([]);
});

test('of two wrong rows, one that has its place is not the work of the store alone', async () => {
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

test('a row that does not say where it stands is corrupted by the store that had its place', async () => {
  const tells: Change = (history) => void (history.tellsPlaces = true);
  const placeless = alter('rows', 'a', { at: undefined, content: 'partition' });
  expect(findingsOf(await auditOf(namelessJournal, tells, placeless))).toEqual(['corrupted store: a']);
  expect(findingsOf(await auditOf(tells, placeless))).toEqual(['corrupted consumer: a']);
  expect(findingsOf(await auditOf(namelessJournal, unwritten('0:0'), tells, placeless))).toEqual([
    'corrupted consumer: a',
  ]);
});

test('rows without an id charge nobody in a topic that was recreated under its name', async () => {
  const remade: Change = (history) => void (history.topicRecreated = true);
  const audit = await auditOf(remade, logged(), nameless('0:0', 'failed'));
  expect(findingsOf(audit)).toEqual([]);
});

test('a row in the wrong category leaves the blame unknown only where it has lost its place', async () => {
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

test('a row in the wrong category that a whole journal does not have was not written by the consumer', async () => {
  const tells: Change = (history) => void (history.tellsPlaces = true);
  const misrouted = alter('rows', 'a', { category: 'completed' });
  const audit = await auditOf(namelessJournal, unwritten('0:0'), tells, misrouted);
  expect(findingsOf(audit)).toEqual(['misclassified unknown: a']);
});
