/** The audit tells the state of each hop's evidence: the counts of a hop that could not be read mean nothing. */
import { expect, test } from 'vitest';
import type { Audit } from '../../../src/result/verdict.ts';
import {
  alter,
  auditOf,
  delivered,
  journal,
  missing,
  namelessJournal,
  unwritten,
  without,
  type Change,
} from './healthy-history.ts';

const empty =
  (hop: 'sends' | 'log' | 'rows' | 'deliveries' | 'written'): Change =>
  (history) =>
    (history[hop] = []);
const nowhere: Change = (history) => (history.positions = {});
const unscanned: Change = (history) => (history.ranges = []);

test.each<[string, Change[], Partial<Audit['evidence']>]>([
  ['a journal that accounts for all offsets', [journal], { journal: 'whole' }],
  ['no journal', [], { journal: 'missing' }],
  ['a ledger that is cut', [missing('ledger')], { ledger: 'torn' }],
  ['no ledger', [missing('ledger'), empty('sends')], { ledger: 'missing' }],
  ['a log scan that is cut', [missing('log')], { log: 'torn' }],
  ['no log scan', [missing('log'), empty('log'), unscanned], { log: 'missing' }],
  ['a store that was not read to its end', [missing('store')], { store: 'torn' }],
  ['no store', [missing('store'), empty('rows'), nowhere], { store: 'missing' }],
  ['a journal that is cut', [journal, missing('written')], { journal: 'torn' }],
  [
    'a journal that is cut, of one partition',
    [delivered({ partition: 0, first: 0, end: 1 }), missing('deliveries')],
    { journal: 'torn' },
  ],
  [
    'journals that cannot be read at all',
    [journal, missing('deliveries', 'written'), empty('deliveries'), empty('written')],
    { journal: 'missing' },
  ],
])('the audit tells the state of its evidence: %s', async (_, changes, expected) => {
  const { evidence } = await auditOf(...changes);
  const others = { ledger: 'whole', log: 'whole', journal: 'missing', store: 'whole' } as const;
  expect(evidence).toEqual({ ...others, ...expected });
});

test.each([
  ['ids', journal],
  ['no ids', namelessJournal],
] as const)(
  'a journal with %s gives the number of delivered and written messages by state',
  async (_, kept) => {
    const { states } = await auditOf(kept);
    expect(states['completed']).toEqual({ sent: 2, acked: 2, logged: 2, delivered: 2, written: 2 });
    const { states: less } = await auditOf(namelessJournal, unwritten('0:1'), without('rows', 'b'));
    expect(Object.values(less).map(({ delivered }) => delivered)).toEqual([1, 2, 1]);
    expect(Object.values(less).reduce((sum, { written }) => sum + written!, 0)).toBe(3);
  },
);

test('a journal gives the number of delivered messages by state even without a log', async () => {
  const { states } = await auditOf(namelessJournal, missing('log'), empty('log'), unscanned);
  expect(states['completed']).toEqual({ sent: 2, acked: 2, logged: 0, delivered: 2, written: 2 });
});

test('a message of an aborted transaction was not delivered, though a range of deliveries spans its place', async () => {
  const { states } = await auditOf(namelessJournal, without('log', 'b'), without('rows', 'b'), (history) => {
    history.transactions = { t: 'aborted' };
    for (const send of history.sends) if (send.id === 'b') send.transaction = 't';
  });
  expect(states['completed']).toMatchObject({ sent: 2, acked: 1, delivered: 1 });
});

test('without a readable journal, the numbers of delivered and written messages are unknown', async () => {
  const { states } = await auditOf(
    journal,
    missing('deliveries', 'written'),
    empty('deliveries'),
    empty('written'),
  );
  expect(states['completed']).toEqual({ sent: 2, acked: 2, logged: 2, delivered: null, written: null });
});

test('right, wrong, lost and unjudged messages add up to the acknowledged ones', async () => {
  const wrong = alter('rows', 'a', { category: 'completed' });
  const { acknowledged, ledger } = await auditOf(wrong, without('rows', 'b'));
  expect(acknowledged).toEqual({ right: 2, wrong: 1, lost: 1, unjudged: 0 });
  expect(ledger.acked).toBe(4);
  const open = await auditOf(without('rows', 'b'), missing('store'));
  expect(open.acknowledged).toEqual({ right: 3, wrong: 0, lost: 0, unjudged: 1 });
});
