import { expect, test } from 'vitest';
import { RunTransactions } from '../../../src/audit/run-evidence/run-transactions.ts';

const planned = { seed: 7, transactions: { size: 10, abortRate: 1 } };
const sender = { producer: 2, session: 1 };

test('the transactions of several ledgers have names and ends, of which the last may still change', () => {
  const transactions = new RunTransactions(planned);
  transactions.update(0, { producer: 0, session: 0 }, [{ number: 0, end: 'aborted' }]);
  transactions.update(1, sender, [{ number: 4, end: 'unknown' }]);
  transactions.update(1, sender, [
    { number: 4, end: 'aborted' },
    { number: 5, end: 'unknown' },
  ]);
  expect(transactions.all).toEqual([
    { name: 'p0-0-0', end: 'aborted' },
    { name: 'p2-1-4', end: 'aborted' },
    { name: 'p2-1-5', end: 'unknown' },
  ]);
});

test('a ledger contradicts a plan that aborts what it has as committed, or that has no transactions', () => {
  const committed = [{ number: 3, end: 'committed' }] as const;
  expect(new RunTransactions(planned).contradictionOf(0, committed)).toBe(
    'it has transaction 3 as committed, and the plan has it aborted',
  );
  expect(new RunTransactions({ seed: 7 }).contradictionOf(0, committed)).toBe(
    'it has transactions, and the plan has none',
  );
  const kept = { seed: 7, transactions: { size: 10, abortRate: 0 } };
  expect(new RunTransactions(kept).contradictionOf(0, committed)).toBe(undefined);
  // A transaction that failed is aborted, although it was to be committed.
  expect(new RunTransactions(kept).contradictionOf(0, [{ number: 3, end: 'aborted' }])).toBe(undefined);
});
