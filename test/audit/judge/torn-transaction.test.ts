/** Transactions: torn ones are found and blamed, healthy ones have no finding, whatever became of them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Audit } from '../../../src/result/verdict.ts';
import type { TransactionEnd } from '../../../src/run-folder/ledger/outcome.ts';
import { testDefects } from './defect-cases.ts';
import {
  alter,
  auditHistory,
  auditOf,
  findingsOf,
  healthyHistory,
  logged,
  message,
  missing,
  range,
  sent,
  without,
  type Change,
} from './healthy-history.ts';

/** All messages in one transaction. */
const inOne =
  (end: TransactionEnd): Change =>
  (history) => {
    history.transactions = { t: end };
    for (const send of history.sends) send.transaction = 't';
  };

const abortedInLog = (...ids: string[]): Change[] => ids.map((id) => alter('log', id, { aborted: true }));
const notStored: Change = (history) => void (history.rows = []);
const allAborted = [...abortedInLog('a', 'b', 'c', 'd'), notStored];
/** Another message, which was acked outside of transactions: a run without an acked message is no pass. */
const another: Change[] = [
  message('e', { sequence: 9 }),
  sent({ id: 'e', outcome: 'acked', at: '0:5' }),
  logged({ id: 'e', at: '0:5', crc: 'ok' }),
  (history) => void history.rows.push({ id: 'e', at: '0:5', category: 'failed' }),
];
/** A second attempt in a transaction that was committed. */
const again =
  (at: string): Change =>
  (history) => {
    history.transactions!['t2'] = 'committed';
    history.sends.push({ id: 'a', outcome: 'acked', at, transaction: 't2' });
  };

testDefects([
  {
    name: 'a part of a committed transaction was aborted',
    defect: [inOne('committed'), ...abortedInLog('a'), without('rows', 'a')],
    found: ['torn-transaction broker: a'],
    twin: [inOne('committed')],
  },
  {
    name: 'a part of a committed transaction is missing in the log',
    defect: [inOne('committed'), without('log', 'a'), without('rows', 'a')],
    found: ['torn-transaction broker: a'],
    twin: [
      inOne('committed'),
      alter('sends', 'a', { outcome: 'unknown', at: undefined }),
      without('log', 'a'),
      without('rows', 'a'),
    ],
  },
  {
    name: 'a part of a transaction of unknown end was aborted',
    defect: [inOne('unknown'), ...another, ...abortedInLog('a'), without('rows', 'a')],
    found: ['torn-transaction unknown: a'],
    twin: [
      inOne('unknown'),
      ...another,
      ...allAborted.slice(0, 4),
      (history) => void (history.rows = history.rows.filter(({ id }) => id === 'e')),
    ],
  },
  {
    name: 'a part of a transaction of unknown end is missing in the log',
    defect: [inOne('unknown'), ...another, without('log', 'a'), without('rows', 'a')],
    found: ['torn-transaction broker: a'],
    twin: [inOne('unknown'), ...another],
  },
  {
    name: 'a part of an aborted transaction stands committed',
    defect: [
      inOne('aborted'),
      ...another,
      ...abortedInLog('b', 'c', 'd'),
      without('rows', 'b'),
      without('rows', 'c'),
      (history) => void (history.rows = history.rows.filter(({ at }) => at !== '1:1')),
    ],
    found: ['torn-transaction broker: a'],
    twin: [
      inOne('aborted'),
      ...another,
      ...abortedInLog('a', 'b', 'c', 'd'),
      (history) => void (history.rows = history.rows.filter(({ id }) => id === 'e')),
    ],
  },
  {
    name: 'another program committed a copy of an aborted message',
    defect: [
      inOne('aborted'),
      ...another,
      ...abortedInLog('a', 'b', 'c', 'd'),
      logged({ id: 'a', at: '0:7', crc: 'ok' }),
      (history) => void (history.rows = history.rows.filter(({ id }) => id === 'e')),
    ],
    found: ['torn-transaction producer: a'],
    twin: [
      inOne('aborted'),
      ...another,
      ...abortedInLog('a', 'b', 'c', 'd'),
      logged({ id: 'a', at: '0:7', crc: 'ok', aborted: true }),
      (history) => void (history.rows = history.rows.filter(({ id }) => id === 'e')),
    ],
  },
  {
    name: 'a committed transaction was aborted as a whole',
    defect: [
      inOne('committed'),
      ...another,
      ...abortedInLog('a', 'b', 'c', 'd'),
      (history) => void (history.rows = history.rows.filter(({ id }) => id === 'e')),
    ],
    found: ['lost broker: a b c d'],
    twin: [
      inOne('aborted'),
      ...another,
      ...abortedInLog('a', 'b', 'c', 'd'),
      (history) => void (history.rows = history.rows.filter(({ id }) => id === 'e')),
    ],
  },
  {
    name: 'an aborted message that the log does not show is stored',
    defect: [
      inOne('aborted'),
      ...another,
      ...abortedInLog('b', 'c', 'd'),
      without('log', 'a'),
      without('rows', 'b'),
      without('rows', 'c'),
      (history) => void (history.rows = history.rows.filter(({ at }) => at !== '1:1')),
    ],
    found: ['aborted-read consumer: a'],
    twin: [
      inOne('aborted'),
      ...another,
      ...abortedInLog('b', 'c', 'd'),
      without('log', 'a'),
      (history) => void (history.rows = history.rows.filter(({ id }) => id === 'e')),
    ],
  },
  {
    name: 'a message was aborted, sent again, committed, and aborted in the log all the same',
    defect: [
      inOne('committed'),
      alter('sends', 'a', { transaction: 't1' }),
      (history) => void (history.transactions!['t1'] = 'aborted'),
      again('0:6'),
      (history) => void history.sends.push({ id: 'b', outcome: 'acked', at: '0:1', transaction: 't2' }),
      ...abortedInLog('a'),
      logged({ id: 'a', at: '0:6', crc: 'ok', aborted: true }),
      without('rows', 'a'),
    ],
    found: ['torn-transaction broker: a'],
    twin: [
      inOne('committed'),
      alter('sends', 'a', { transaction: 't1' }),
      (history) => void (history.transactions!['t1'] = 'aborted'),
      again('0:6'),
      ...abortedInLog('a'),
      logged({ id: 'a', at: '0:6', crc: 'ok', session: 1 }),
      alter('rows', 'a', { at: '0:6' }),
    ],
  },
  {
    name: 'a message was aborted, and is sent again outside of transactions',
    defect: [
      inOne('aborted'),
      ...another,
      ...abortedInLog('b', 'c', 'd'),
      again('0:6'),
      logged({ id: 'a', at: '0:6', crc: 'ok' }),
      alter('rows', 'a', { at: '0:6' }),
      without('rows', 'b'),
      without('rows', 'c'),
      (history) => void (history.rows = history.rows.filter(({ at }) => at !== '1:1')),
    ],
    found: ['duplicated producer: a', 'torn-transaction broker: a'],
    twin: [
      inOne('aborted'),
      sent({ id: 'a', outcome: 'acked', at: '0:6' }),
      ...abortedInLog('a', 'b', 'c', 'd'),
      logged({ id: 'a', at: '0:6', crc: 'ok' }),
      alter('rows', 'a', { at: '0:6' }),
      without('rows', 'b'),
      without('rows', 'c'),
      (history) => void (history.rows = history.rows.filter(({ at }) => at !== '1:1')),
    ],
  },
]);

test('what lies below the start of the log or beyond its stable end tears no transaction', async () => {
  const removed = await auditOf(inOne('committed'), without('log', 'a'), range(0, { start: 1 }));
  expect(findingsOf(removed)).toEqual([]);
  const open = await auditOf(inOne('committed'), without('rows', 'b'), range(0, { stableEnd: 1 }));
  expect(findingsOf(open)).toEqual([]);
  expect(open.verdict).toBe('inconclusive');
});

test('without a whole log, no transaction is found torn', async () => {
  const audit = await auditOf(inOne('committed'), without('log', 'a'), missing('log'));
  expect(findingsOf(audit)).toEqual([]);
  expect(audit.verdict).toBe('inconclusive');
});

test('messages of an aborted transaction are counted apart', async () => {
  const { ledger } = await auditOf(inOne('aborted'), ...another, ...allAborted);
  expect(ledger).toEqual({ sent: 5, acked: 1, rejected: 0, unknown: 0, unsent: 0, aborted: 4 });
});

interface Life {
  end: TransactionEnd;
  /** What Kafka did. If the end is unknown to the ledger, the log alone shows it. */
  isCommitted: boolean;
  /** The partition of each message. */
  messages: number[];
}

const lives = fc.array(
  fc
    .record({
      end: fc.constantFrom<TransactionEnd>('committed', 'aborted', 'unknown'),
      isCommitted: fc.boolean(),
      messages: fc.array(fc.nat(1), { minLength: 1, maxLength: 5 }),
    })
    .map((life): Life =>
      life.end === 'unknown' ? life : { ...life, isCommitted: life.end === 'committed' },
    ),
  { minLength: 1, maxLength: 6 },
);

/** Transactions one after the other, with a marker behind each in its partitions. */
function planned(plan: readonly Life[]): ReturnType<typeof healthyHistory> {
  const history = healthyHistory();
  const ends = [9, 9];
  history.transactions = {};
  for (const [number, { end, isCommitted, messages }] of plan.entries()) {
    const transaction = `t${number}`;
    history.transactions[transaction] = end;
    for (const [index, partition] of messages.entries()) {
      const [id, at] = [`${transaction}-${index}`, `${partition}:${ends[partition]!++}`];
      history.messages[id] = { state: 'failed', planned: true, sequence: 100 * (number + 1) + index };
      history.sends.push({ id, outcome: 'acked', at, transaction });
      history.log.push({ id, at, crc: 'ok', aborted: !isCommitted });
      if (isCommitted) history.rows.push({ id, at, category: 'failed' });
    }
    for (const partition of new Set(messages)) ends[partition]!++;
  }
  for (const partition of [0, 1]) {
    history.ranges[partition]!.end = ends[partition]!;
    history.positions[partition] = ends[partition]!;
  }
  return history;
}

const sortedAudit = async (history: ReturnType<typeof healthyHistory>): Promise<Audit> => {
  const rank = ({ at }: { at: string }): number => Number(at[0]) * 10_000 + Number(at.slice(2));
  history.log.sort((a, b) => rank(a) - rank(b));
  return await auditHistory(history);
};

test('random transactions that Kafka carried out pass, whatever became of them', async () => {
  await fc.assert(
    fc.asyncProperty(lives, async (plan) => {
      const audit = await sortedAudit(planned(plan));
      expect(audit.findings).toEqual([]);
      expect(audit.verdict).toBe('pass');
    }),
    { numRuns: 300 },
  );
});

test('each tear in random transactions is found, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(lives, fc.nat(), fc.nat(), fc.boolean(), async (plan, which, what, isGone) => {
      const torn = plan.flatMap((life, number) => (life.messages.length > 1 ? [number] : []));
      fc.pre(torn.length > 0);
      const number = torn[which % torn.length]!;
      const { end, isCommitted, messages } = plan[number]!;
      const id = `t${number}-${what % messages.length}`;
      const history = planned(plan);
      const line = history.log.find((one) => one.id === id)!;
      // A record that is gone leaves an aborted transaction as it is.
      const isRemoved = isGone && isCommitted;
      if (isRemoved) history.log = history.log.filter((one) => one !== line);
      else line.aborted = isCommitted;
      history.rows = history.rows.filter((row) => row.id !== id);
      const audit = await sortedAudit(history);
      const found = audit.findings.flatMap(({ kind, examples }) =>
        examples.map(({ id: each }) => `${kind} ${each}`),
      );
      // Where Kafka aborted all but one of an unknown transaction, the others are those that are missing.
      const missed = messages.map((_, index) => `t${number}-${index}`).filter((other) => other !== id);
      const isOtherWay = end === 'unknown' && !isCommitted;
      const expected = (isOtherWay ? missed : [id]).map((each) => `torn-transaction ${each}`);
      const lost = isOtherWay ? [`lost ${id}`] : [];
      expect(found.toSorted()).toEqual([...lost, ...expected].toSorted());
      expect(audit.verdict).toBe('fail');
    }),
    { numRuns: 300 },
  );
});
