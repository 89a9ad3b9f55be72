/** Next offsets and commits: whether they skip records, and whether they are possible. */
import { expect, test } from 'vitest';
import {
  auditOf,
  committed,
  delivered,
  findingsOf,
  journal,
  logged,
  message,
  missing,
  namelessJournal,
  position,
  range,
  stored,
  unwritten,
  without,
  type Change,
} from './healthy-history.ts';

const notFinal: Change = (history) => void (history.isFinal = false);
const aheadBy = async (...changes: Change[]) => (await auditOf(committed(0, 9), ...changes)).findings;

test('a commit ahead of the store is right if only markers, aborted, foreign or stored records lie between', async () => {
  for (const changes of [[], [logged({ at: '0:5' })], [logged({ id: 'a', at: '0:6', aborted: true })]]) {
    const audit = await auditOf(committed(0, 9), position(0, 2), ...changes);
    expect(audit).toMatchObject({ verdict: 'pass', findings: [] });
  }
  expect(await auditOf(committed(0, 9), position(0, 1))).toMatchObject({ verdict: 'pass', findings: [] });
});

test("a commit ahead of the store's next offset is overcommitted if a record between them is not stored", async () => {
  const detail = "the store's next offset is 1";
  expect(await aheadBy(position(0, 1), without('rows', 'b'))).toEqual([
    {
      kind: 'overcommitted',
      blame: 'consumer',
      count: 1,
      cause: 'commit-before-write',
      examples: [{ partition: 0, offset: 9, detail }],
    },
  ]);
});

test('the store is blamed for a next offset that fell back if a whole journal has the missing rows as written', async () => {
  const fellBack = [position(0, 1), without('rows', 'b')];
  const audit = await auditOf(committed(0, 9), ...fellBack, namelessJournal);
  expect(audit.findings).toMatchObject([{ kind: 'overcommitted', blame: 'store' }]);
  const unclear = [namelessJournal, missing('written', 'deliveries'), unwritten('0:1')];
  const passedOver: Change = (history) => void (history.deliveries![0]!.end = 1);
  expect(await aheadBy(...fellBack, ...unclear, passedOver)).toMatchObject([
    { kind: 'overcommitted', blame: 'consumer' },
  ]);
  const silent = [...unclear, stored({ at: '0:7', category: 'failed' }), undelivered];
  expect(await aheadBy(...fellBack, ...silent)).toMatchObject([{ kind: 'overcommitted', blame: 'unknown' }]);
  const open = await auditOf(...fellBack, journal);
  expect(open).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(open.notChecked).toEqual([
    "1 message not stored, though the consumer's journal has them as written: the store's next offset stands below them now. Not drained.",
  ]);
});

test('a next offset is said to have fallen back only if a whole journal has the message as written', async () => {
  const behind = [position(0, 1), without('rows', 'b')];
  for (const changes of [[journal, unwritten('0:1')], [journal, missing('written')], []]) {
    const { verdict, notChecked } = await auditOf(...behind, ...changes);
    expect(verdict).toBe('inconclusive');
    expect(notChecked.join(' ')).toContain('1 message not stored, and the consumer had not come to where');
  }
});

test('records beyond the end of their scanned range make the log contradict itself', async () => {
  const audit = await auditOf(range(0, { end: 1 }), position(0, 2));
  expect(audit).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(audit.notChecked).toContain(
    'The log contradicts itself: it holds 1 record beyond the ends to which it is said to have been read.',
  );
});

const undelivered: Change = (history) => void (history.deliveries = []);

test('without a whole log, a commit ahead of the store is overcommitted only if an ack proves a record between', async () => {
  const audit = await auditOf(committed(0, 9), position(0, 2), missing('log'));
  expect(audit).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(audit.notChecked).toContain(
    "In partition 0, the group's commit is 9 and the store's next offset 2: it is not known whether a record was left out.",
  );
  const acked = await aheadBy(position(0, 1), without('log', 'b'), without('rows', 'b'), missing('log'));
  expect(acked).toMatchObject([{ kind: 'overcommitted', blame: 'consumer' }]);
});

test("a commit beyond the log's end is overcommitted", async () => {
  expect(await aheadBy(committed(0, 10))).toMatchObject([{ kind: 'overcommitted', blame: 'consumer' }]);
});

test("a next offset beyond the log's end is overcommitted", async () => {
  const audit = await auditOf(position(0, 12));
  expect(audit).toMatchObject({
    verdict: 'fail',
    findings: [
      {
        kind: 'overcommitted',
        blame: 'consumer',
        cause: 'position-beyond-end',
        examples: [
          { partition: 0, offset: 12, detail: "the store's next offset is 12, and the log ends at 9" },
        ],
      },
    ],
  });
  const blames: [Change[], string][] = [
    [[journal], 'store'],
    [[journal, delivered({ partition: 0, first: 9, end: 12 })], 'consumer'],
    [[journal, missing('written')], 'unknown'],
  ];
  for (const [changes, blame] of blames) {
    const { findings } = await auditOf(position(0, 12), ...changes);
    expect(findings).toMatchObject([{ kind: 'overcommitted', blame }]);
  }
  expect(findingsOf(await auditOf(position(0, 9)))).toEqual([]);
  expect(findingsOf(await auditOf(position(0, 12), missing('log')))).toEqual([]);
});

test('a next offset beyond the end of a log that may have grown is not judged', async () => {
  const audit = await auditOf(position(0, 12), notFinal);
  expect(audit).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(audit.notChecked).toEqual([
    "In partition 0, the store's next offset is 12, and the log ends at 9: it may have been longer, or be so by now.",
  ]);
});

test('a next offset beyond the end is not overcommitted if Kafka may have truncated the log', async () => {
  const cut = [range(1, { end: 1 }), without('log', 'd'), position(1, 2)];
  expect(findingsOf(await auditOf(...cut))).toEqual(['lost broker: d']);
  const weak: Change = (history) => void (history.acks = '1');
  const audit = await auditOf(weak, position(0, 12));
  expect(audit).toMatchObject({ verdict: 'inconclusive', findings: [] });
});

test('a commit ahead of the store is undecidable if retention removed records between them', async () => {
  const audit = await auditOf(committed(0, 9), position(0, 2), range(0, { start: 4 }));
  expect(audit.verdict).toBe('inconclusive');
});

test('if commit and next offset are beyond the end, the finding names the next offset', async () => {
  const { findings } = await auditOf(position(0, 12), committed(0, 13));
  expect(findings).toMatchObject([{ cause: 'position-beyond-end', examples: [{ offset: 12 }] }]);
});

test('a commit at the next offset skips no record, even without a log', async () => {
  const { notChecked } = await auditOf(committed(0, 9), position(0, 9), missing('log'));
  expect(notChecked.join(' ')).not.toContain('it is not known whether a record was left out');
});

test('a commit ahead of a next offset at the start of the log is right if all records are stored', async () => {
  expect(await auditOf(committed(0, 9), position(0, 0))).toMatchObject({ verdict: 'pass', findings: [] });
});

test('a missing record at the committed offset itself is not overcommitted', async () => {
  const audit = await auditOf(committed(0, 1), position(0, 0), without('rows', 'b'));
  expect(audit).toMatchObject({ verdict: 'inconclusive', findings: [] });
});

test('nothing is overcommitted if the store is not whole or the topic was recreated', async () => {
  const recreated: Change = (history) => void (history.topicRecreated = true);
  for (const change of [missing('store'), recreated]) {
    const audit = await auditOf(committed(0, 9), position(0, 1), without('rows', 'b'), change);
    expect(audit.findings).toEqual([]);
  }
});

test("a row of the run beyond the log's end proves that the log was longer, in its own partition", async () => {
  const cut = [range(1, { end: 1 }), without('log', 'd'), without('sends', 'd')];
  const row = [without('rows', 'd'), message('e'), stored({ id: 'e', at: '1:4', category: 'failed' })];
  expect(await aheadOfEnd(...cut, ...row, position(1, 5))).toEqual([]);
  expect(await aheadOfEnd(...cut, ...row, position(1, 6))).toEqual([6]);
  const elsewhere = [range(0, { end: 2 }), position(0, 2), position(1, 2)];
  expect(
    await aheadOfEnd(...cut, ...elsewhere, message('e'), stored({ id: 'e', at: '0:7', category: 'failed' })),
  ).toEqual([2]);
});

test('an unknown row does not prove that the log was longer', async () => {
  const unknown = [
    message('e', { planned: false, state: null }),
    stored({ id: 'e', at: '1:4', category: 'failed' }),
  ];
  expect(await aheadOfEnd(range(1, { end: 2 }), ...unknown, position(1, 5))).toEqual([5]);
});

const aheadOfEnd = async (...changes: Change[]): Promise<(number | undefined)[]> =>
  (await auditOf(...changes)).findings
    .filter(({ cause }) => cause === 'position-beyond-end')
    .map(({ examples }) => examples[0]!.offset);

test('the consumer is blamed for an overcommit if the journal has only some of the missing rows as written', async () => {
  const both = [position(0, 0), without('rows', 'a'), without('rows', 'b')];
  expect(await aheadBy(...both, namelessJournal, unwritten('0:0'))).toMatchObject([
    { kind: 'overcommitted', blame: 'consumer' },
  ]);
  const silent = [namelessJournal, missing('written', 'deliveries'), unwritten('0:0'), unwritten('0:1')];
  const passedOver: Change = (history) => void (history.deliveries![0]!.first = 1);
  expect(await aheadBy(...both, ...silent, passedOver)).toMatchObject([
    { kind: 'overcommitted', blame: 'consumer' },
  ]);
});

test('partitions are reported in the order of their numbers', async () => {
  const backwards: Change = (history) => void (history.ranges = history.ranges.toReversed());
  const { partitions } = await auditOf(committed(0, 10), backwards);
  expect(partitions.map(({ partition }) => partition)).toEqual([0, 1]);
});
