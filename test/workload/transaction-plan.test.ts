import { expect, test } from 'vitest';
import { TransactionPlan } from '../../src/workload/transaction-plan.ts';

const numbers = Array.from({ length: 10_000 }, (_, number) => number);
const abortedIn = (seed: number, abortRate: number, producer = 0): number[] =>
  numbers.filter((number) => new TransactionPlan(seed, { size: 10, abortRate }).isAborted(producer, number));

test('a transaction has the given number of messages', () => {
  const plan = new TransactionPlan(1, { size: 7, abortRate: 0 });
  expect([0, 6, 7, 20].map((sequence) => plan.numberOf(sequence))).toEqual([0, 0, 1, 2]);
  expect([0, 2].map((number) => plan.endOf(number))).toEqual([7, 21]);
});

test.each([0, 0.1, 0.5, 1])('a share of %d of the transactions is aborted', (abortRate) => {
  const share = abortedIn(7, abortRate).length / numbers.length;
  expect(Math.abs(share - abortRate)).toBeLessThan(0.02);
});

test('the seed and the producer alone choose which transactions are aborted', () => {
  expect(abortedIn(7, 0.1)).toEqual(abortedIn(7, 0.1));
  expect(abortedIn(7, 0.1)).not.toEqual(abortedIn(8, 0.1));
  expect(abortedIn(7, 0.1)).not.toEqual(abortedIn(7, 0.1, 1));
});
