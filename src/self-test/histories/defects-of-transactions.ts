/** Defects of transactions, which ledger and log show together. */
import {
  abortInLog,
  appendCopy,
  dropBehindLedger,
  forgetOutcome,
  found,
  inTransaction,
  send,
  sentTogether,
  type PlantedDefect,
} from './history-edits.ts';

export const transactionDefects: PlantedDefect[] = [
  {
    name: 'a committed transaction, of which a part was aborted',
    hop: 'log',
    expected: found('torn-transaction', 'broker'),
    plant: (h) => {
      inTransaction(h, 'committed');
      abortInLog(h, 5);
    },
    twin: (h) => inTransaction(h, 'committed'),
  },
  {
    name: 'a committed transaction, of which a part is gone',
    hop: 'log',
    expected: found('torn-transaction', 'broker'),
    plant: (h) => {
      inTransaction(h, 'committed');
      dropBehindLedger(h, 10);
    },
    twin: (h) => {
      inTransaction(h, 'committed');
      forgetOutcome(h, 10, 'unknown');
      dropBehindLedger(h, 10);
    },
  },
  {
    name: 'a transaction of unknown end, half aborted',
    hop: 'log',
    expected: found('torn-transaction', 'unknown'),
    plant: (h) => {
      inTransaction(h, 'unknown');
      abortInLog(h, 4, 5);
    },
    twin: (h) => {
      inTransaction(h, 'unknown');
      abortInLog(h, ...sentTogether);
    },
  },
  {
    name: 'an aborted transaction, of which a part stands',
    hop: 'log',
    expected: found('torn-transaction', 'broker'),
    plant: (h) => {
      inTransaction(h, 'aborted');
      abortInLog(h, 4, 5, 7);
    },
    twin: (h) => {
      inTransaction(h, 'aborted');
      abortInLog(h, ...sentTogether);
    },
  },
  {
    name: 'a committed copy of an aborted message',
    hop: 'log',
    expected: found('torn-transaction', 'producer'),
    plant: (h) => {
      inTransaction(h, 'aborted');
      appendCopy(h, 10);
      const copy = h.rows.at(-1)!;
      abortInLog(h, ...sentTogether);
      h.rows.push(copy);
    },
    // Sent again in another transaction, which was committed.
    twin: (h) => {
      inTransaction(h, 'aborted');
      appendCopy(h, 10);
      const copy = h.rows.at(-1)!;
      abortInLog(h, ...sentTogether);
      h.rows.push(copy);
      h.transactions.set('t2', 'committed');
      h.sends.push({ ...send(h, 10), offset: 4, transaction: 't2' });
    },
  },
  {
    name: 'a committed transaction, aborted as a whole',
    hop: 'log',
    expected: found('lost', 'broker'),
    plant: (h) => {
      inTransaction(h, 'committed');
      abortInLog(h, ...sentTogether);
    },
    twin: (h) => {
      inTransaction(h, 'aborted');
      abortInLog(h, ...sentTogether);
    },
  },
];
