/** The defects of the live self-test, and how strictly it judges. These tests start no process. */
import { expect, test } from 'vitest';
import { inTransactions, judgeLive, type LiveFinding } from '../../../src/self-test/live/live-defect.ts';
import { liveDefects } from '../../../src/self-test/live/live-defects.ts';
import { causes, findingKinds, type Finding } from '../../../src/result/verdict.ts';

const wanted = liveDefects.flatMap(({ expected, hop }) =>
  expected === 'inconclusive' ? [] : [{ ...expected, hop }],
);

test('every kind of finding is planted, with each blame that it can have', () => {
  const kinds = wanted.map(({ kind }) => kind);
  expect(findingKinds.filter((kind) => !kinds.includes(kind))).toEqual([]);
  const blames = (kind: string): string[] =>
    [...new Set(wanted.filter((each) => each.kind === kind).map(({ blame }) => blame))].sort();
  expect(blames('lost')).toEqual(['broker', 'consumer', 'store']);
  expect(blames('duplicated')).toEqual(['consumer', 'producer', 'store']);
  expect(blames('misclassified')).toEqual(['consumer', 'store']);
  expect(blames('corrupted')).toEqual(['broker', 'consumer', 'producer']);
  expect(blames('phantom')).toEqual(['consumer', 'producer', 'store']);
  expect(blames('torn-transaction')).toEqual(['broker', 'producer']);
  expect(blames('offset-conflict')).toEqual(['broker', 'producer']);
});

test('every cause that a single broker can have is planted', () => {
  const planted = wanted.map(({ cause }) => cause);
  // With acks=0 no message is acknowledged, so none can be lost.
  expect(causes.filter((cause) => !planted.includes(cause))).toEqual(['acks=0']);
});

test('the names of all live defects differ', () => {
  expect(new Set(liveDefects.map(({ name }) => name)).size).toBe(liveDefects.length);
});

test('with transactions, defects that they prevent or that markers blur are left out', () => {
  const planted = inTransactions(liveDefects);
  const names = planted.map(({ name }) => name);
  expect(liveDefects.filter(({ name }) => !names.includes(name)).map(({ name }) => name)).toEqual([
    'acknowledged with acks=1, and never written',
    'two messages acknowledged at one offset',
    'overtaken by a later one in its partition',
    'cut off, and other records at acked offsets',
    'cut off once stored, other records at the offsets',
    'a consumer that comes back one record too late',
  ]);
});

const finding = (kind: Finding['kind'], blame: Finding['blame'], cause?: Finding['cause']): Finding => ({
  kind,
  blame,
  count: 1,
  examples: [],
  ...(cause && { cause }),
});
const named = (id: string): Finding => ({ ...finding('lost', 'consumer'), examples: [{ id }] });
const lostA: LiveFinding = { kind: 'lost', blame: 'consumer', id: 'a' };
const lost: LiveFinding = { kind: 'lost', blame: 'broker', cause: 'acks=1' };
const rightly = { found: true, blamedRightly: true };
const wrongly = { found: true, blamedRightly: false };
const not = { found: false, blamedRightly: false };

test.each([
  [lost, 'fail', [finding('lost', 'broker', 'acks=1')], rightly],
  [lost, 'fail', [finding('lost', 'broker')], wrongly],
  [lost, 'fail', [finding('lost', 'consumer', 'acks=1')], wrongly],
  [lost, 'fail', [finding('lost', 'broker', 'acks=1'), finding('phantom', 'broker')], wrongly],
  [lost, 'inconclusive', [finding('lost', 'broker', 'acks=1')], wrongly],
  [lost, 'fail', [finding('phantom', 'broker')], not],
  [lost, 'pass', [], not],
  [{ ...lost, besides: ['phantom'] }, 'fail', [finding('phantom', 'broker')], not],
  [
    { ...lost, besides: ['phantom'] },
    'fail',
    [finding('lost', 'broker', 'acks=1'), finding('phantom', 'broker')],
    rightly,
  ],
  [lostA, 'fail', [named('a')], rightly],
  [lostA, 'fail', [named('b')], wrongly],
  [{ kind: 'stalled', blame: 'consumer' }, 'inconclusive', [finding('stalled', 'consumer')], rightly],
  [{ kind: 'stalled', blame: 'consumer' }, 'fail', [finding('stalled', 'consumer')], wrongly],
  ['inconclusive', 'inconclusive', [], rightly],
  ['inconclusive', 'inconclusive', [finding('stalled', 'consumer')], wrongly],
  ['inconclusive', 'pass', [], not],
] as const)(
  'if a live defect expects %j, verdict %s with findings %j is judged as %j',
  (expected, verdict, findings, judged) => {
    expect(judgeLive(expected, { verdict, findings: [...findings] })).toEqual(judged);
  },
);
