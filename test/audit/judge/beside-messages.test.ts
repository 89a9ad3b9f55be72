/** What is counted or named beside single messages: redelivery, commits, stalls, causes, the hops that must be whole. */
import { describe, expect, test } from 'vitest';
import type { Cause, SingleFinding } from '../../../src/result/verdict.ts';
import { audit } from '../../../src/audit/judge/audit.ts';
import { buildEvidence, type History } from './build-evidence.ts';
import {
  alter,
  auditOf,
  committed,
  delivered,
  findingsOf,
  healthyHistory,
  journal,
  logged,
  missing,
  range,
  stored,
  without,
  written,
  type Change,
} from './healthy-history.ts';

const gone = (id: string): Change[] => [without('log', id), without('rows', id)];
const all: Change = delivered({ partition: 0, first: 0, end: 9 }, { partition: 1, first: 0, end: 9 });
const allButFirst: Change = delivered({ partition: 0, first: 1, end: 9 }, { partition: 1, first: 0, end: 9 });
const noPositions: Change = (history) => (history.positions = {});
const recreated: Change = (history) => (history.topicRecreated = true);
const unclean: Change = (history) => (history.uncleanElection = true);
const required =
  (...hops: History['required']): Change =>
  (history) =>
    (history.required = hops);

describe('causes', () => {
  test.each<[string, Change[], string]>([
    ['a broker that may lose what it acked', [(h) => (h.acks = '1'), ...gone('a')], 'acks=1'],
    ['a replica that was not in sync', [unclean, ...gone('a')], 'unclean-election'],
    ['both', [unclean, (h) => (h.acks = '1'), ...gone('a')], 'acks=1'],
    ['a topic that was recreated', [recreated, ...gone('a')], 'topic-recreated'],
    ['a topic that was recreated, delivered', [recreated, all, ...gone('a')], 'topic-recreated'],
    ['not handed over', [allButFirst, range(0, { start: 1 }), ...gone('a')], 'retention'],
    ['a commit ahead of the store', [committed(0, 12), without('rows', 'a')], 'commit-before-write'],
  ])('%s', async (_, changes, cause) => {
    expect((await auditOf(...changes)).findings[0]).toMatchObject({ cause });
  });

  test.each<[string, Change[]]>([
    ['acks=all', [(h) => (h.acks = 'all'), ...gone('a')]],
    ['in-sync replicas alone', [(h) => (h.uncleanElection = false), ...gone('a')]],
    ['delivered, and then removed', [all, range(0, { start: 1 }), ...gone('a')]],
    ['a commit ahead of another partition’s store', [committed(1, 12), without('rows', 'a')]],
    [
      'a commit ahead of the store, and a row that vanished',
      [committed(0, 12), journal, without('rows', 'a')],
    ],
  ])('none: %s', async (_, changes) => {
    expect((await auditOf(...changes)).findings[0]).not.toHaveProperty('cause');
  });
});

test('where acked records may go, of two acked at one place the one that is not there is lost', async () => {
  const twice = [without('log', 'b'), without('rows', 'b'), alter('sends', 'b', { at: '0:0' })];
  const { verdict, findings } = await auditOf(unclean, ...twice);
  expect(verdict).toBe('fail');
  expect(findings).toMatchObject([
    { kind: 'lost', blame: 'broker', count: 1, cause: 'unclean-election', examples: [{ id: 'b' }] },
  ]);
  expect(findingsOf(await auditOf(...twice))).toEqual(['offset-conflict producer: a b']);
});

test('and a conflict of offsets has that cause', async () => {
  // The log has b where a was acked, and a elsewhere.
  const moved = [alter('log', 'a', { at: '0:5' }), alter('rows', 'a', { at: '0:5' })];
  const { findings } = await auditOf(unclean, ...moved);
  expect(findings).toMatchObject([{ kind: 'offset-conflict', blame: 'broker', cause: 'unclean-election' }]);
  expect((await auditOf(...moved)).findings[0]).not.toHaveProperty('cause');
});

test('a row without a position is of no partition, also where a journal is cut short', async () => {
  const { partitions } = await auditOf(journal, missing('deliveries'), alter('rows', 'a', { at: undefined }));
  expect(partitions.map(({ partition }) => partition)).toEqual([0, 1]);
});

test('and of one that took the place of another which was stored, nobody but the broker can be blamed', async () => {
  // b was stored from 0:0, where a stands now, which the consumer had passed.
  const replaced = [
    without('log', 'b'),
    alter('sends', 'b', { at: '0:0' }),
    alter('rows', 'b', { at: '0:0' }),
    without('rows', 'a'),
  ];
  const { findings } = await auditOf(unclean, journal, ...replaced);
  expect(findings).toMatchObject([
    {
      kind: 'lost',
      blame: 'broker',
      count: 2,
      cause: 'unclean-election',
      examples: [{ id: 'a' }, { id: 'b' }],
    },
  ]);
});

describe('findings that are allowed', () => {
  const lossy = [unclean, ...gone('a')];
  const allowing =
    (...allowed: Cause[]): Change =>
    (history) =>
      (history.allowed = allowed);

  test('stand, are marked, and fail nothing', async () => {
    const { verdict, findings } = await auditOf(...lossy, allowing('retention', 'unclean-election'));
    expect(verdict).toBe('pass');
    expect(findings).toMatchObject([{ kind: 'lost', count: 1, cause: 'unclean-election', allowed: true }]);
  });

  test('but not for another cause, or for none', async () => {
    const other = await auditOf(...lossy, allowing('acks=1'));
    const none = await auditOf(...lossy, without('rows', 'c'), allowing('unclean-election'));
    for (const { verdict, findings } of [other, none]) {
      expect(verdict).toBe('fail');
      expect(findings.some(({ allowed }) => allowed !== true)).toBe(true);
    }
  });

  test('and what could not be judged is no pass all the same', async () => {
    const stopped: Change = (history) => history.interruptions.push('It was stopped.');
    expect(await auditOf(...lossy, stopped, allowing('unclean-election'))).toMatchObject({
      verdict: 'inconclusive',
    });
  });
});

test('a commit above the store’s next offset promises too much', async () => {
  const { verdict, findings } = await auditOf(committed(0, 10), committed(1, 9));
  expect(verdict).toBe('fail');
  expect(findings).toEqual([
    {
      kind: 'overcommitted',
      blame: 'consumer',
      count: 1,
      cause: 'commit-before-write',
      examples: [{ partition: 0, offset: 10, detail: "the store's next offset is 9" }],
    },
  ]);
  for (const clean of [
    [committed(0, 9)],
    [committed(0, 3)],
    [noPositions, committed(0, 10), committed(1, 9)],
  ]) {
    expect(await auditOf(...clean)).toMatchObject({ verdict: 'pass', findings: [] });
  }
});

test('what a fault found wrong with its own records is a finding like any other', async () => {
  const found: SingleFinding[] = [
    { kind: 'lost', blame: 'consumer', partition: 0, offset: 7, detail: 'published by poison@4s' },
    { kind: 'corrupted', blame: 'consumer', partition: 1, offset: 8, detail: 'published by poison@4s' },
  ];
  const finds =
    (...some: SingleFinding[]): Change =>
    (history) =>
      (history.found = some);
  const { verdict, findings } = await auditOf(finds(...found));
  expect(verdict).toBe('fail');
  const detail = 'published by poison@4s';
  expect(findings).toEqual([
    { kind: 'lost', blame: 'consumer', count: 1, examples: [{ partition: 0, offset: 7, detail }] },
    { kind: 'corrupted', blame: 'consumer', count: 1, examples: [{ partition: 1, offset: 8, detail }] },
  ]);
  expect(await auditOf(finds())).toMatchObject({ verdict: 'pass', findings: [] });
  // With a message that was lost in the same way, it is one finding.
  const { findings: both } = await auditOf(without('rows', 'a'), finds(found[0]!));
  expect(both).toMatchObject([{ kind: 'lost', blame: 'consumer', count: 2 }]);
  const { findings: caused } = await auditOf(finds({ ...found[0]!, cause: 'retention' }));
  expect(caused).toMatchObject([{ kind: 'lost', cause: 'retention' }]);
});

test('a stalled partition is a finding, and makes the verdict inconclusive', async () => {
  const stalled: Change = (h) => (h.stalls = [{ partition: 0, blame: 'broker' }]);
  const { verdict, findings, notChecked } = await auditOf(stalled);
  expect(verdict).toBe('inconclusive');
  expect(findings).toEqual([
    {
      kind: 'stalled',
      blame: 'broker',
      count: 1,
      examples: [{ partition: 0, offset: 9, detail: 'is at 9 of 9' }],
    },
  ]);
  expect(notChecked).toEqual([
    expect.stringMatching(/^1 partition stalled/),
    'The lag: partition 0 is at 9 of 9.',
  ]);
  expect((await auditOf(stalled, without('rows', 'a'))).verdict).toBe('fail');
});

test('of a partition that nobody read no lag is named, and of many the first', async () => {
  const stalls =
    (count: number): Change =>
    (h) =>
      (h.stalls = Array.from({ length: count }, (_, partition) => ({ partition, blame: 'consumer' })));
  const unread = await auditOf(stalls(3));
  expect(unread.notChecked[1]).toBe('The lag: partition 0 is at 9 of 9, partition 1 is at 9 of 9.');
  const many = await auditOf(stalls(33));
  expect(many.notChecked[1]).toMatch(/ and 1 other is behind\.$/);
  expect((await auditOf(stalls(32))).notChecked[1]).not.toContain('behind');
});

test('the lag is named by partition: where nothing was stored from its start, where records are open to their last stable one', async () => {
  const stalls: Change = (h) => (h.stalls = [0, 1].map((partition) => ({ partition, blame: 'consumer' })));
  const behind: Change = (h) => (h.positions = { 0: 7 });
  const { findings, notChecked } = await auditOf(stalls, behind, range(0, { stableEnd: 8 }));
  expect(findings).toMatchObject([
    {
      kind: 'stalled',
      count: 2,
      examples: [
        { partition: 0, offset: 7, detail: 'is at 7 of 8' },
        { partition: 1, detail: 'is at 0 of 9' },
      ],
    },
  ]);
  expect(notChecked).toContain('The lag: partition 0 is at 7 of 8, partition 1 is at 0 of 9.');
});

test('of many partitions that stalled not all are named', async () => {
  const many: Change = (h) => {
    const partitions = [...Array.from({ length: 100 }).keys()];
    h.ranges = partitions.map((partition) => ({ partition, start: 0, end: 9, base: 0, compacted: false }));
    h.stalls = partitions.map((partition) => ({ partition, blame: 'consumer' }));
  };
  const { findings, notChecked } = await auditOf(many);
  expect(findings).toMatchObject([{ kind: 'stalled', count: 100 }]);
  expect(findings[0]!.examples).toHaveLength(10);
  const lag = notChecked.find((sentence) => sentence.startsWith('The lag'));
  expect(lag).toMatch(/partition 31 is at 0 of 9, and 68 others are behind\.$/);
});

describe('counts redelivery', () => {
  test.each<[string, Change[], number | null]>([
    ['nobody kept a journal', [], null],
    ['each was handed over once', [all], 0],
    ['a poll that goes back', [all, delivered({ partition: 0, first: 0, end: 2 })], 2],
    [
      'three times',
      [all, delivered({ partition: 0, first: 1, end: 2 }, { partition: 0, first: 0, end: 2 })],
      3,
    ],
    ['records of others', [all, logged({ at: '0:5' }), delivered({ partition: 0, first: 5, end: 6 })], 0],
    [
      'an acked offset that the log does not show',
      [all, without('log', 'a'), delivered({ partition: 0, first: 0, end: 1 })],
      1,
    ],
    [
      'a record without an ack',
      [
        all,
        alter('sends', 'a', { outcome: 'unknown', at: undefined }),
        delivered({ partition: 0, first: 0, end: 1 }),
      ],
      1,
    ],
    [
      'as far as the journal goes',
      [all, missing('deliveries'), delivered({ partition: 0, first: 0, end: 1 })],
      1,
    ],
    ['nothing', [delivered({ partition: 0, first: 3, end: 3 })], 0],
  ])('%s', async (_, changes, redelivered) => {
    expect((await auditOf(...changes)).counts.redelivered).toBe(redelivered);
  });
});

test('what is delivered again and stored once is no finding', async () => {
  expect(await auditOf(all, all)).toMatchObject({ verdict: 'pass', findings: [] });
});

test('writes that the store refused are counted', async () => {
  const evidence = { ...buildEvidence(healthyHistory()), refusedWrites: 3 };
  expect((await audit(evidence)).counts.refusedWrites).toBe(3);
});

describe('what a verdict needs', () => {
  test.each<[string, Change[], string]>([
    ['a journal that is not whole, and need not be', [journal, missing('deliveries', 'written')], 'pass'],
    [
      'deliveries that must be whole',
      [journal, missing('deliveries'), required('deliveries')],
      'inconclusive',
    ],
    ['writes that must be whole', [journal, missing('written'), required('written')], 'inconclusive'],
    ['a log that need not be whole', [missing('log'), required('ledger', 'store')], 'pass'],
  ])('%s', async (_, changes, verdict) => {
    const audit = await auditOf(...changes);
    expect(audit.verdict).toBe(verdict);
    expect(audit.notChecked).toContainEqual(
      expect.stringMatching(/^The evidence of the .* is not whole: cut/),
    );
  });
});

test('what the journal alone knows cannot be judged', async () => {
  const unknown = alter('sends', 'a', { outcome: 'unknown', at: undefined });
  const alone = [unknown, ...gone('a'), written({ id: 'a', at: '0:0' })];
  const { verdict, findings, notChecked } = await auditOf(...alone);
  expect(findings).toEqual([]);
  expect(verdict).toBe('inconclusive');
  expect(notChecked).toEqual([
    expect.stringMatching(/^1 message written according to the consumer's journal/),
  ]);
  expect((await auditOf(unknown, ...gone('a'), written({ at: '0:0' }))).verdict).toBe('pass');
  const aborted = [alter('log', 'a', { aborted: true }), without('rows', 'a')];
  expect((await auditOf(...aborted, written({ id: 'a', at: '0:0' }))).verdict).toBe('inconclusive');
});

test('every single finding is told to who asks, beyond the examples', async () => {
  const history = healthyHistory();
  for (let index = 0; index < 12; index++) {
    history.messages[`m${index}`] = { state: 'failed', planned: true };
    history.sends.push({ id: `m${index}`, outcome: 'acked', at: `1:${2 + index}` });
  }
  history.commits = { 0: 10 };
  const told: SingleFinding[] = [];
  const { findings } = await audit(buildEvidence(history), { onFinding: (finding) => told.push(finding) });
  expect(findings.map(({ count }) => count)).toEqual([12, 1]);
  expect(told).toHaveLength(13);
  expect(told[11]).toEqual({
    kind: 'lost',
    blame: 'broker',
    id: 'm11',
    partition: 1,
    offset: 13,
    detail: 'not in the log',
  });
  expect(told[12]).toMatchObject({ kind: 'overcommitted', cause: 'commit-before-write', partition: 0 });
});

test('a row elsewhere, of a message that was written where it belongs, is told by position alone too', async () => {
  const nameless = [written({ at: '0:0', category: 'failed' })];
  expect(findingsOf(await auditOf(...nameless, stored({ id: 'a', at: '0:0', category: 'failed' })))).toEqual([
    'duplicated store: a',
  ]);
});
