/** Several topics in one history, keys that choose no partition, and tombstones. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { historyFromLines } from '../../../src/audit/history/read-history.ts';
import { audit } from '../../../src/audit/judge/audit.ts';
import { auditOf, complete, evidenceOf, findingsOf, linesOf, right, type LineObject } from './lines.ts';

/** The lines of `right`, in a topic. */
const rightIn = (
  topic: string,
  id: string,
  offset: number,
  values: Record<string, unknown> = {},
): LineObject[] => right(id, offset, values).map((line) => ({ ...line, topic }));
const read = (topic: string | undefined, end: number): LineObject[] => [
  { type: 'logRange', topic, partition: 0, start: 0, end },
  { type: 'position', topic, partition: 0, offset: end },
];

test('the same partition and offset in two topics are different positions', async () => {
  const lines = [
    ...rightIn('orders', 'a', 0),
    ...rightIn('refunds', 'b', 0),
    ...read('orders', 1),
    ...read('refunds', 1),
    ...complete,
  ];
  const result = await auditOf(...lines);
  expect(result).toMatchObject({ verdict: 'pass', findings: [] });
  expect(result.partitions).toMatchObject([
    { topic: 'orders', partition: 0, start: 0, end: 1, stored: 1 },
    { topic: 'refunds', partition: 0, start: 0, end: 1, stored: 1 },
  ]);
  const lost = lines.filter(({ type, id }) => type !== 'store' || id !== 'b');
  expect((await auditOf(...lost)).findings).toMatchObject([
    { kind: 'lost', examples: [{ id: 'b', topic: 'refunds', partition: 0, offset: 0 }] },
  ]);
});

test('a finding about a record in another topic than acknowledged names both topics', async () => {
  const elsewhere = { type: 'log', id: 'a', topic: 'refunds', partition: 0, offset: 0 };
  const { findings } = await auditOf(
    ...rightIn('orders', 'a', 0).filter(({ type }) => type !== 'log'),
    elsewhere,
    ...read('orders', 1),
    ...read('refunds', 1),
    ...complete,
  );
  expect(findings).toMatchObject([
    { kind: 'corrupted', blame: 'consumer', examples: [{ detail: 'its row says orders/0:0' }] },
    { kind: 'offset-conflict', blame: 'broker', examples: [{ detail: 'in the log at refunds/0:0' }] },
  ]);
});

test('lines without a topic belong to the only topic that other lines name', async () => {
  const [send, log, store] = right('a', 0);
  for (const lines of [
    [{ ...send!, topic: 'orders' }, log!, store!],
    [send!, log!, { ...store!, topic: 'orders' }],
  ]) {
    const result = await auditOf(...lines, ...read(undefined, 1), ...complete);
    expect(result).toMatchObject({ verdict: 'pass', partitions: [{ partition: 0 }] });
    expect(result.partitions[0]).not.toHaveProperty('topic');
  }
});

test.each([
  [
    [...rightIn('orders', 'a', 0), ...rightIn('refunds', 'b', 0), ...read(undefined, 1)],
    'test:7: the line has no topic, and others name orders and refunds.',
  ],
  [
    [...read(undefined, 1), ...rightIn('orders', 'a', 0), ...rightIn('refunds', 'b', 0)],
    'test:6: the line names the topic refunds beside orders, and an earlier line has a partition and no topic.',
  ],
])('a line without a topic is refused if other lines name two', (lines, message) => {
  expect(() => evidenceOf(lines)).toThrow(expect.objectContaining({ code: 'usage', message }));
});

test('a history of several topics has the same result in any order of its lines', async () => {
  const lines = linesOf([
    ...rightIn('orders', 'a', 0, { key: 'k' }),
    ...rightIn('orders', 'b', 1, { key: 'l' }),
    ...rightIn('refunds', 'c', 0, { key: 'k' }),
    ...rightIn('accounts', 'd', 0).filter(({ type }) => type !== 'store'),
    { type: 'log', topic: 'refunds', id: 'e', partition: 1, offset: 0, key: 'k' },
    ...read('orders', 2),
    ...read('refunds', 1),
    ...read('accounts', 1),
    ...complete,
  ]);
  const expected = await audit(historyFromLines(lines, 'test'));
  expect(expected.partitions.map(({ topic, partition }) => `${topic}/${partition}`)).toEqual([
    'accounts/0',
    'orders/0',
    'refunds/0',
    'refunds/1',
  ]);
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(lines, { minLength: lines.length }), async (shuffled) => {
      expect(await audit(historyFromLines(shuffled, 'test'))).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});

/** Two messages of one key in two partitions. */
const keyInTwo = (key: string): LineObject[] =>
  [
    ...right('a', 0, { key }),
    ...right('b', 0, { key }).map((line) => ({ ...line, partition: 1 })),
    ...complete,
  ].map((line) => (line.type === 'log' ? { ...line, key } : line));

test('an empty key, or any key with keyed: false, may be in two partitions', async () => {
  expect(findingsOf(await auditOf(...keyInTwo('k')))).toEqual(['reordered producer: b']);
  expect(findingsOf(await auditOf(...keyInTwo('')))).toEqual([]);
  const run = { type: 'run', run: 'r', keyed: false };
  expect(findingsOf(await auditOf(run, ...keyInTwo('k')))).toEqual([]);
});

test('a key may be in different partitions of different topics', async () => {
  const inTopics = keyInTwo('k').map((line) =>
    'partition' in line ? { ...line, topic: `t${String(line['partition'])}` } : line,
  );
  expect(findingsOf(await auditOf(...inTopics))).toEqual([]);
});

/** `a`, then `b`, with one key: neither is in the log or in the store any more. */
const compactedAway = (b: Record<string, unknown>): LineObject[] => [
  { type: 'send', id: 'a', state: 'failed', outcome: 'acked', partition: 0, offset: 0, key: 'k' },
  { type: 'send', id: 'b', state: 'failed', outcome: 'acked', partition: 0, offset: 1, key: 'k', ...b },
  { type: 'logRange', partition: 0, start: 0, end: 2, compacted: true },
  { type: 'position', partition: 0, offset: 2 },
  ...complete,
];

test('compaction may remove all messages of a key whose last message is a tombstone', async () => {
  expect(await auditOf(...compactedAway({ tombstone: true }))).toMatchObject({
    verdict: 'pass',
    findings: [],
    notChecked: [expect.stringContaining('2 messages not looked for further')],
  });
  expect(findingsOf(await auditOf(...compactedAway({})))).toEqual(['lost broker: a b']);
  const later = {
    type: 'send',
    id: 'c',
    state: 'failed',
    outcome: 'acked',
    partition: 0,
    offset: 2,
    key: 'k',
  };
  const notLast = compactedAway({ tombstone: true }).map((line) =>
    line.type === 'logRange' ? { ...line, end: 3 } : line.type === 'position' ? { ...line, offset: 3 } : line,
  );
  expect(findingsOf(await auditOf(later, ...notLast))).toEqual(['lost broker: a b c']);
  const other = compactedAway({ tombstone: true, key: 'l' });
  expect(findingsOf(await auditOf(...other))).toEqual(['lost broker: a']);
  const kept = compactedAway({ tombstone: true }).filter(({ type }) => type !== 'logRange');
  expect(findingsOf(await auditOf(...kept, { type: 'logRange', partition: 0, start: 0, end: 2 }))).toEqual([
    'lost broker: a b',
  ]);
});
