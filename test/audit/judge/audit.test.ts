/** Histories that have no finding, and the parts of an audit: counts, findings, causes. */
import { describe, expect, test } from 'vitest';
import {
  alter,
  auditHistory,
  auditOf,
  committed,
  findingsOf,
  healthyHistory,
  logged,
  message,
  missing,
  position,
  range,
  sent,
  stored,
  without,
  type Change,
} from './healthy-history.ts';

const unknown = (id: string): Change => alter('sends', id, { outcome: 'unknown', at: undefined });
const nowhere = (id: string): Change[] => [without('log', id), without('rows', id)];
const noPositions: Change = (history) => (history.positions = {});

test('a healthy history passes, and its audit has every number', async () => {
  expect(await auditOf()).toEqual({
    verdict: 'pass',
    evidence: { ledger: 'whole', log: 'whole', journal: 'missing', store: 'whole' },
    ledger: { sent: 4, acked: 4, rejected: 0, unknown: 0, unsent: 0 },
    acknowledged: { right: 4, wrong: 0, lost: 0, unjudged: 0 },
    log: { records: 4 },
    store: { rows: 3, byCategory: { failed: 1, completed: 2 }, deadLetters: 1 },
    counts: {
      redelivered: null,
      foreign: 0,
      rejected: 0,
      unsent: 0,
      unknownWritten: 0,
      unknownNotWritten: 0,
      refusedWrites: null,
      repeated: 0,
      superseded: 0,
      unrooted: 0,
      dropped: 0,
    },
    states: {
      failed: { sent: 1, acked: 1, logged: 1, delivered: null, written: null },
      completed: { sent: 2, acked: 2, logged: 2, delivered: null, written: null },
      'dead-letters': { sent: 1, acked: 1, logged: 1, delivered: null, written: null },
    },
    partitions: [0, 1].map((partition) => ({
      partition,
      start: 0,
      end: 9,
      stored: 9,
      committed: null,
      lag: 0,
    })),
    confusion: {
      failed: { failed: 1 },
      completed: { completed: 2 },
      'dead-letters': { 'dead-letters': 1 },
    },
    findings: [],
    notChecked: [],
  });
});

describe('a history passes', () => {
  test.each<[string, Change[]]>([
    [
      'a record at another offset than one ack names, if another ack names none',
      [alter('sends', 'b', { at: '0:7' }), sent({ id: 'b', outcome: 'acked' })],
    ],
    [
      'two records and two rows, sent again after an abort',
      [
        alter('log', 'b', { aborted: true }),
        logged({ id: 'b', at: '0:5' }),
        alter('rows', 'b', { at: undefined }),
      ],
    ],
    ['an ack without an offset', [alter('sends', 'a', { at: undefined })]],
    ['a message at the second of two acked offsets', [sent({ id: 'a', outcome: 'acked', at: '0:7' })]],
    ['a message with a rejected and an acked attempt', [sent({ id: 'a', outcome: 'rejected' })]],
    ['a dead letter with an id', [({ rows }) => Object.assign(rows[3]!, { id: 'd' })]],
    ['foreign records and rows', [logged({ at: '1:7' }), stored({ at: '1:7', category: 'failed' })]],
    [
      'a gap in the offsets',
      [
        alter('sends', 'b', { at: '0:5' }),
        alter('log', 'b', { at: '0:5' }),
        alter('rows', 'b', { at: '0:5' }),
      ],
    ],
    ['a store without next offsets', [noPositions]],
    ['a compacted message, not delivered', [range(0, { compacted: true }), ...nowhere('a')]],
    ['a message whose record is in the evidence twice', [logged({ id: 'a', at: '0:0', crc: 'ok' })]],
    [
      'an aborted record of a message outside of the plan',
      [message('e', { planned: false, state: null }), logged({ id: 'e', at: '0:5', aborted: true })],
    ],
  ])('with %s', async (_, changes) => {
    const { verdict, findings } = await auditOf(...changes);
    expect(findings).toEqual([]);
    expect(verdict).toBe('pass');
  });
});

test('a finding that the evidence proves fails the run, even if other evidence is missing', async () => {
  const { verdict, notChecked } = await auditOf(
    missing('ledger', 'log'),
    alter('rows', 'a', { category: 'completed' }),
  );
  expect(verdict).toBe('fail');
  expect(notChecked).toHaveLength(2);
});

test('a row may be at any offset if an ack names none and there is no log', async () => {
  const row = [missing('log'), without('log', 'b'), alter('rows', 'b', { at: '0:7' })];
  expect(findingsOf(await auditOf(...row))).toEqual(['corrupted unknown: b']);
  expect(findingsOf(await auditOf(...row, sent({ id: 'b', outcome: 'acked' })))).toEqual([]);
});

test('an unknown record is not a phantom if the ledger contradicts the log', async () => {
  const stranger = message('e', { planned: false, state: null });
  const audit = await auditOf(
    stranger,
    logged({ id: 'e', at: '0:5' }),
    stored({ id: 'e', at: '0:5', category: 'failed' }),
    without('sends', 'a'),
  );
  expect(findingsOf(audit)).toEqual([]);
  expect(audit.verdict).toBe('inconclusive');
});

test('foreign, rejected, unsent and unknown messages are counted, and are not findings', async () => {
  const audit = await auditOf(
    unknown('a'),
    unknown('b'),
    ...nowhere('b'),
    alter('sends', 'c', { outcome: 'rejected', at: undefined }),
    ...nowhere('c'),
    message('e'),
    logged({ at: '0:7' }, { at: '1:7', aborted: true }),
  );
  expect(audit.ledger).toEqual({ sent: 4, acked: 1, rejected: 1, unknown: 2, unsent: 1 });
  expect(audit.counts).toMatchObject({
    foreign: 2,
    rejected: 1,
    unsent: 1,
    unknownWritten: 1,
    unknownNotWritten: 1,
  });
  expect(findingsOf(audit)).toEqual([]);
});

test('an unknown message whose record was aborted was not written', async () => {
  const aborted = [unknown('a'), alter('log', 'a', { aborted: true }), without('rows', 'a')];
  const { counts, verdict } = await auditOf(...aborted, range(1, { start: 1 }));
  expect(counts).toMatchObject({ unknownWritten: 0, unknownNotWritten: 1 });
  expect(verdict).toBe('pass');
});

test('the confusion matrix counts each message once, in its right category if it has a row there', async () => {
  const { confusion } = await auditOf(
    alter('rows', 'b', { category: 'failed' }),
    without('rows', 'c'),
    stored({ id: 'a', at: '0:0', category: 'completed' }),
    message('e', { state: 'completed' }),
    sent({ id: 'e', outcome: 'acked', at: '0:5' }),
    logged({ id: 'e', at: '0:5' }),
    stored({ id: 'e', at: '0:5', category: 'failed' }, { id: 'e', at: '0:5', category: 'completed' }),
  );
  expect(confusion).toEqual({
    failed: { failed: 1 },
    completed: { failed: 1, completed: 1, '(missing)': 1 },
    'dead-letters': { 'dead-letters': 1 },
  });
});

test('a log that contradicts itself is not whole', async () => {
  const twice = logged({ id: 'c', at: '0:1' });
  const lostElsewhere = await auditOf(twice, ...nowhere('a'));
  expect(findingsOf(lostElsewhere)).toContain('lost unknown: a');
  const sentences = [
    twice,
    logged({ id: 'a', at: '0:0', content: null, crc: 'ok' }),
    logged({ id: 'a', at: '0:0', crc: undefined }),
  ];
  sentences.push(logged({ id: 'c', at: '0:1', content: 'content of 1', crc: 'ok' }));
  for (const change of sentences) {
    expect((await auditOf(change)).notChecked).toContainEqual(
      expect.stringMatching(/^The log contradicts itself/),
    );
  }
});

test('a message counts as unsent only if it was planned', async () => {
  const { ledger } = await auditOf(
    message('e'),
    message('f', { planned: false }),
    sent({ id: 'f', outcome: 'unknown' }),
  );
  expect(ledger).toEqual({ sent: 5, acked: 4, rejected: 0, unknown: 1, unsent: 1 });
});

test('a finding keeps its count and the first ten examples, in the order of the messages', async () => {
  const history = healthyHistory();
  for (let index = 0; index < 12; index++) {
    const [id, at] = [`m${11 - index}`, `1:${13 - index}`];
    history.messages[id] = { state: 'failed', planned: true };
    history.sends.push({ id, outcome: 'acked', at });
  }
  const [finding] = (await auditHistory(history)).findings;
  expect(finding).toMatchObject({ kind: 'lost', blame: 'broker', count: 12 });
  expect(finding!.examples.map(({ id }) => id)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2].map((n) => `m${n}`));
  expect(finding!.examples[0]).toEqual({ id: 'm11', partition: 1, offset: 13, detail: 'not in the log' });
});

test('a finding has a cause only if all of its messages share it', async () => {
  const removed = [range(0, { start: 1 }), ...nowhere('a')];
  expect((await auditOf(...removed)).findings[0]!.cause).toBe('retention');
  const belowScan = [range(1, { base: 1 }), position(1, 0), ...nowhere('c')];
  expect((await auditOf(...belowScan)).findings).toEqual([
    { kind: 'lost', blame: 'unknown', count: 1, examples: [expect.objectContaining({ id: 'c' })] },
  ]);
  expect((await auditOf(...removed, ...belowScan)).findings[0]).not.toHaveProperty('cause');
});

test('the causes of findings beside messages count as well', async () => {
  const found: Change = (history) =>
    void (history.found = [
      { kind: 'lost', blame: 'broker', id: 'f1' },
      { kind: 'lost', blame: 'broker', cause: 'acks=1', id: 'f2' },
    ]);
  const [finding] = (await auditOf(found)).findings;
  expect(finding).toMatchObject({ count: 2 });
  expect(finding).not.toHaveProperty('cause');
});

test('the cause of a loss is an early commit if one of its partitions is overcommitted', async () => {
  const [lost] = (
    await auditOf(
      without('rows', 'b'),
      logged({ id: 'b', at: '1:5' }, { id: 'x', at: '0:3' }),
      message('x'),
      sent({ id: 'x', outcome: 'acked', at: '0:3' }),
      position(0, 2),
      position(1, 6),
      committed(0, 4),
      committed(1, 7),
    )
  ).findings;
  expect(lost).toMatchObject({ kind: 'lost', blame: 'consumer', cause: 'commit-before-write' });
});

test('offsets that differ by 2^32 are different offsets', async () => {
  const far = `0:${2 ** 40}`;
  const move = [
    alter('sends', 'b', { at: far }),
    alter('log', 'b', { at: far }),
    alter('rows', 'b', { at: far }),
  ];
  const open = [position(0, 2 ** 41), range(0, { end: 2 ** 41 })];
  expect((await auditOf(...move, ...open)).verdict).toBe('pass');
  const near = alter('rows', 'b', { at: `0:${2 ** 40 - 2 ** 32}` });
  expect(findingsOf(await auditOf(...move, ...open, near))).toEqual(['corrupted consumer: b']);
});
