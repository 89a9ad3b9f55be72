/** Results that are not about one message: redelivery, commits, stalls, causes, and the hops that must be whole. */
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

describe('the cause of a finding', () => {
  test.each<[string, Change[], string]>([
    ['acks=1', [(h) => (h.acks = '1'), ...gone('a')], 'acks=1'],
    ['an unclean leader election', [unclean, ...gone('a')], 'unclean-election'],
    ['acks=1 and an unclean leader election', [unclean, (h) => (h.acks = '1'), ...gone('a')], 'acks=1'],
    ['a topic that was recreated', [recreated, ...gone('a')], 'topic-recreated'],
    [
      'a topic that was recreated after the message was delivered',
      [recreated, all, ...gone('a')],
      'topic-recreated',
    ],
    [
      'retention that removed the message before it was delivered',
      [allButFirst, range(0, { start: 1 }), ...gone('a')],
      'retention',
    ],
    ['a commit ahead of the store', [committed(0, 12), without('rows', 'a')], 'commit-before-write'],
  ])('names %s', async (_, changes, cause) => {
    expect((await auditOf(...changes)).findings[0]).toMatchObject({ cause });
  });

  test.each<[string, Change[]]>([
    ['acks=all', [(h) => (h.acks = 'all'), ...gone('a')]],
    ['unclean leader election turned off', [(h) => (h.uncleanElection = false), ...gone('a')]],
    [
      'retention that removed the message after it was delivered',
      [all, range(0, { start: 1 }), ...gone('a')],
    ],
    ["a commit ahead of another partition's next offset", [committed(1, 12), without('rows', 'a')]],
    [
      'a commit ahead of the store, if the journal shows that the missing row was written',
      [committed(0, 12), journal, without('rows', 'a')],
    ],
  ])('is absent with %s', async (_, changes) => {
    expect((await auditOf(...changes)).findings[0]).not.toHaveProperty('cause');
  });
});

test('after an unclean election, the missing one of two messages that were acked at one offset is lost', async () => {
  const twice = [without('log', 'b'), without('rows', 'b'), alter('sends', 'b', { at: '0:0' })];
  const { verdict, findings } = await auditOf(unclean, ...twice);
  expect(verdict).toBe('fail');
  expect(findings).toMatchObject([
    { kind: 'lost', blame: 'broker', count: 1, cause: 'unclean-election', examples: [{ id: 'b' }] },
  ]);
  expect(findingsOf(await auditOf(...twice))).toEqual(['offset-conflict producer: a b']);
});

test('after an unclean election, an offset conflict has that cause', async () => {
  // The log has a at another offset than the acked one.
  const moved = [alter('log', 'a', { at: '0:5' }), alter('rows', 'a', { at: '0:5' })];
  const { findings } = await auditOf(unclean, ...moved);
  expect(findings).toMatchObject([{ kind: 'offset-conflict', blame: 'broker', cause: 'unclean-election' }]);
  expect((await auditOf(...moved)).findings[0]).not.toHaveProperty('cause');
});

test('a row without a position adds no partition, even if a journal is cut short', async () => {
  const { partitions } = await auditOf(journal, missing('deliveries'), alter('rows', 'a', { at: undefined }));
  expect(partitions.map(({ partition }) => partition)).toEqual([0, 1]);
});

test('after an unclean election, the broker is blamed for a record that replaced a stored one and was not consumed', async () => {
  // b was stored from 0:0. Now a is at that offset, which the consumer had passed.
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

describe('a finding whose cause is allowed', () => {
  const lossy = [unclean, ...gone('a')];
  const allowing =
    (...allowed: Cause[]): Change =>
    (history) =>
      (history.allowed = allowed);

  test('is kept and marked, and does not fail the run', async () => {
    const { verdict, findings } = await auditOf(...lossy, allowing('retention', 'unclean-election'));
    expect(verdict).toBe('pass');
    expect(findings).toMatchObject([{ kind: 'lost', count: 1, cause: 'unclean-election', allowed: true }]);
  });

  test('does not excuse findings of another cause, or without one', async () => {
    const other = await auditOf(...lossy, allowing('acks=1'));
    const none = await auditOf(...lossy, without('rows', 'c'), allowing('unclean-election'));
    for (const { verdict, findings } of [other, none]) {
      expect(verdict).toBe('fail');
      expect(findings.some(({ allowed }) => allowed !== true)).toBe(true);
    }
  });

  test('does not make a run pass that is inconclusive for another reason', async () => {
    const stopped: Change = (history) => history.interruptions.push('It was stopped.');
    expect(await auditOf(...lossy, stopped, allowing('unclean-election'))).toMatchObject({
      verdict: 'inconclusive',
    });
  });
});

test("a commit above the store's next offset is overcommitted", async () => {
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

test('a finding of a fault about its own records counts like any other', async () => {
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
  // A message that was lost in the same way belongs to the same finding.
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

test('the lag names those of the first 32 stalled partitions that have a known range', async () => {
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

test('a lag counts from the start of a partition that has no next offset, and up to its last stable offset', async () => {
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

test('if 100 partitions stalled, the lag names 32 of them, and the finding has ten examples', async () => {
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

describe('redelivered records are counted', () => {
  test.each<[string, Change[], number | null]>([
    ['unknown without a journal', [], null],
    ['none if each was delivered once', [all], 0],
    ['two that a poll delivered again', [all, delivered({ partition: 0, first: 0, end: 2 })], 2],
    [
      'three if one of two was delivered three times',
      [all, delivered({ partition: 0, first: 1, end: 2 }, { partition: 0, first: 0, end: 2 })],
      3,
    ],
    [
      'none for a foreign record',
      [all, logged({ at: '0:5' }), delivered({ partition: 0, first: 5, end: 6 })],
      0,
    ],
    [
      'one at an acked offset that the log lacks',
      [all, without('log', 'a'), delivered({ partition: 0, first: 0, end: 1 })],
      1,
    ],
    [
      'one whose record has no ack',
      [
        all,
        alter('sends', 'a', { outcome: 'unknown', at: undefined }),
        delivered({ partition: 0, first: 0, end: 1 }),
      ],
      1,
    ],
    [
      'one, though the journal is not whole',
      [all, missing('deliveries'), delivered({ partition: 0, first: 0, end: 1 })],
      1,
    ],
    ['none for an empty delivery', [delivered({ partition: 0, first: 3, end: 3 })], 0],
  ])('%s', async (_, changes, redelivered) => {
    expect((await auditOf(...changes)).counts.redelivered).toBe(redelivered);
  });
});

test('messages that were delivered twice and stored once are not a finding', async () => {
  expect(await auditOf(all, all)).toMatchObject({ verdict: 'pass', findings: [] });
});

test('the audit counts the writes that the store refused', async () => {
  const evidence = { ...buildEvidence(healthyHistory()), refusedWrites: 3 };
  expect((await audit(evidence)).counts.refusedWrites).toBe(3);
});

describe('evidence that is not whole is reported', () => {
  test.each<[string, Change[], string]>([
    [
      'and a run passes without the journal, which is not required',
      [journal, missing('deliveries', 'written')],
      'pass',
    ],
    [
      'and a run is inconclusive without required deliveries',
      [journal, missing('deliveries'), required('deliveries')],
      'inconclusive',
    ],
    [
      'and a run is inconclusive without required writes',
      [journal, missing('written'), required('written')],
      'inconclusive',
    ],
    [
      'and a run passes without a log that is not required',
      [missing('log'), required('ledger', 'store')],
      'pass',
    ],
  ])('%s', async (_, changes, verdict) => {
    const audit = await auditOf(...changes);
    expect(audit.verdict).toBe(verdict);
    expect(audit.notChecked).toContainEqual(
      expect.stringMatching(/^The evidence of the .* is not whole: cut/),
    );
  });
});

test('a message that only the journal shows makes the run inconclusive', async () => {
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

test('onFinding is called for every single finding, also beyond the examples', async () => {
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

test('a second row of a message is blamed on the store by a journal without ids, too', async () => {
  const nameless = [written({ at: '0:0', category: 'failed' })];
  expect(findingsOf(await auditOf(...nameless, stored({ id: 'a', at: '0:0', category: 'failed' })))).toEqual([
    'duplicated store: a',
  ]);
});
