/** Defects that the plan, the ledger or the log shows. */
import {
  appendCopy,
  at,
  dropBehindLedger,
  dropBehindLog,
  dropRecord,
  forgetOutcome,
  found,
  record,
  retain,
  row,
  send,
  type PlantedDefect,
} from './history-edits.ts';

export const ledgerDefects: PlantedDefect[] = [
  {
    name: 'acknowledged, and never written',
    hop: 'ledger',
    expected: found('lost', 'broker'),
    plant: (h) => dropBehindLedger(h, 10),
    twin: (h) => {
      forgetOutcome(h, 10, 'unknown');
      dropBehindLedger(h, 10);
    },
  },
  {
    name: 'two messages acknowledged at one offset',
    hop: 'ledger',
    expected: found('offset-conflict', 'producer'),
    plant: (h) => {
      send(h, 7).offset = 1;
      dropBehindLedger(h, 7);
    },
    twin: (h) => {
      send(h, 7).error = 'DUPLICATE_SEQUENCE_NUMBER';
      delete send(h, 7).offset;
    },
  },
  {
    name: 'rejected, and in the log',
    hop: 'ledger',
    expected: found('rejected-but-written', 'producer'),
    plant: (h) => forgetOutcome(h, 7, 'rejected'),
    twin: (h) => {
      forgetOutcome(h, 7, 'rejected');
      dropBehindLedger(h, 7);
    },
  },
  {
    name: 'a producer that died half-way',
    hop: 'plan',
    expected: 'inconclusive',
    plant: (h) => void (h.planned = 24),
  },
  {
    name: 'a ledger that was cut short',
    hop: 'ledger',
    expected: 'inconclusive',
    plant: (h) => void h.complete.delete('ledger'),
  },
  {
    name: 'a record without an intent',
    hop: 'ledger',
    expected: 'inconclusive',
    plant: (h) => void (h.sends = h.sends.filter(({ sequence }) => sequence !== 11)),
  },
];

export const logDefects: PlantedDefect[] = [
  {
    name: 'sent again after a timeout: twice in the log',
    hop: 'log',
    expected: found('duplicated', 'producer'),
    plant: (h) => appendCopy(h, 7),
    twin: (h) => {
      h.sends.push({ ...send(h, 7), outcome: 'unknown' });
      delete h.sends.at(-1)!.partition;
      delete h.sends.at(-1)!.offset;
    },
  },
  {
    name: 'overtaken by a later one in its partition',
    hop: 'log',
    expected: found('reordered', 'producer'),
    plant: (h) => {
      [record(h, 4).sequence, record(h, 7).sequence] = [7, 4];
      [send(h, 4).sequence, send(h, 7).sequence] = [7, 4];
    },
    twin: (h) => {
      // A new session may begin again at any sequence.
      for (const sequence of [7, 10]) Object.assign(record(h, sequence), { session: 1 });
      for (const sequence of [7, 10]) Object.assign(send(h, sequence), { session: 1 });
    },
  },
  {
    name: 'one key on two partitions',
    hop: 'log',
    expected: found('reordered', 'producer'),
    plant: (h) => {
      for (const one of [send(h, 9), record(h, 9), row(h, 9)]) one.key = 'k1';
    },
    // An empty key chooses no partition.
    twin: (h) => {
      for (const sequence of [9, 10]) {
        for (const one of [send(h, sequence), record(h, sequence), row(h, sequence)]) one.key = '';
      }
    },
  },
  {
    name: 'bytes changed before they were sent',
    hop: 'log',
    expected: found('corrupted', 'producer'),
    plant: (h) => {
      record(h, 7).digest = row(h, 7).digest = 'x';
    },
  },
  {
    name: 'bytes changed in the log: the CRC is wrong',
    hop: 'log',
    expected: found('corrupted', 'broker'),
    plant: (h) => Object.assign(record(h, 7), { crc: 'bad', digest: 'x' }),
  },
  {
    name: 'a record at an acked offset without its id',
    hop: 'log',
    expected: found('corrupted', 'broker'),
    plant: (h) => {
      h.log[h.log.indexOf(record(h, 7))] = { partition: 1, offset: 2, foreign: true };
    },
    twin: (h) => {
      h.log.push({ partition: 1, offset: 4, foreign: true });
      h.ranges[1]!.end = 5;
      h.positions.set(1, 5);
    },
  },
  {
    name: 'an acked record that is gone, though it was stored',
    hop: 'log',
    expected: found('lost', 'broker'),
    plant: (h) => dropRecord(h, 10),
    twin: (h) => {
      forgetOutcome(h, 10, 'unknown');
      dropRecord(h, 10);
    },
  },
  {
    name: 'the last of its key, gone from a compacted partition',
    hop: 'log',
    expected: found('lost', 'broker'),
    plant: (h) => {
      h.ranges[1]!.compacted = true;
      dropBehindLedger(h, 10);
    },
    // Compaction removes a tombstone, too.
    twin: (h) => {
      h.ranges[1]!.compacted = true;
      dropBehindLedger(h, 10);
      send(h, 10).tombstone = true;
    },
  },
  {
    name: 'another message where one was acked',
    hop: 'log',
    expected: found('offset-conflict', 'broker'),
    plant: (h) => {
      // Message 12 was never acked, so its record may stand anywhere.
      const other = { ...send(h, 10), id: 'm12', sequence: 12, digest: 'd12' };
      h.sends.push(other);
      h.planned = 13;
      forgetOutcome(h, 12, 'unknown');
      Object.assign(record(h, 10), { id: 'm12', sequence: 12, digest: 'd12' });
      Object.assign(row(h, 10), { id: 'm12', digest: 'd12' });
      h.written.find(at({ partition: 1, offset: 3 }))!.digest = 'd12';
    },
  },
  {
    name: 'a record elsewhere than it was acked',
    hop: 'log',
    expected: found('offset-conflict', 'broker'),
    plant: (h) => {
      send(h, 10).offset = 9;
      h.ranges[1]!.end = 10;
      h.positions.set(1, 10);
    },
    twin: (h) => h.sends.push({ ...send(h, 10), offset: 9 }),
  },
  {
    name: 'a record in another topic than it was acked in',
    hop: 'log',
    expected: found('offset-conflict', 'broker'),
    plant: (h) => {
      h.topics = ['a', 'b', 'c'];
      h.log = h.log.filter((one) => one !== record(h, 10));
      h.log.push({ id: 'm10', sequence: 10, key: 'k1', digest: 'd10', partition: 2, offset: 4, crc: 'ok' });
      h.ranges[2]!.end = 5;
      h.positions.set(2, 5);
      row(h, 10).partition = 2;
      row(h, 10).offset = 4;
    },
    twin: (h) => {
      h.topics = ['a', 'b', 'c'];
      // One key may have a partition in each topic.
      for (const one of [send(h, 9), record(h, 9), row(h, 9)]) one.key = 'k1';
    },
  },
  {
    name: 'a record that no producer sent',
    hop: 'log',
    expected: found('phantom', 'producer'),
    plant: (h) => {
      appendCopy(h, 10);
      Object.assign(h.log.at(-1)!, { id: 'ghost', sequence: 99 });
      h.rows.at(-1)!.id = 'ghost';
    },
  },
  {
    name: 'removed by retention before it was delivered',
    hop: 'log',
    expected: found('expired', 'broker'),
    plant: (h) => {
      retain(h, 2);
      for (const sequence of [1, 4]) dropBehindLog(h, sequence);
    },
    twin: (h) => retain(h, 2),
  },
  {
    name: 'a log that was not read to its end',
    hop: 'log',
    expected: 'inconclusive',
    plant: (h) => void h.complete.delete('log'),
  },
];
