/** Defects behind the log: those of the consumer, and those of the store itself. */
import {
  at,
  dropBehindLog,
  dropRow,
  forgetWritten,
  found,
  otherState,
  record,
  retain,
  row,
  send,
  type PlantedDefect,
} from './history-edits.ts';

export const consumerDefects: PlantedDefect[] = [
  {
    name: 'skipped: in the log, and never stored',
    hop: 'journal',
    expected: found('lost', 'consumer'),
    plant: (h) => dropBehindLog(h, 7),
    twin: (h) => {
      dropBehindLog(h, 10);
      h.positions.set(1, 3);
      h.commits.set(1, 3);
    },
  },
  {
    name: 'delivered, then dropped before the store',
    hop: 'journal',
    expected: found('lost', 'consumer'),
    plant: (h) => {
      forgetWritten(h, 7);
      dropRow(h, 7);
    },
    twin: (h) => h.deliveries.push({ partition: 1, offset: 2 }),
  },
  {
    name: 'delivered, removed by retention, never stored',
    hop: 'journal',
    expected: found('lost', 'consumer'),
    plant: (h) => {
      retain(h, 2);
      forgetWritten(h, 4);
      dropRow(h, 4);
    },
    twin: (h) => retain(h, 2),
  },
  {
    name: 'a state without a category, and no dead letter',
    hop: 'journal',
    expected: found('lost', 'consumer'),
    plant: (h) => {
      send(h, 7).state = 'strange';
      dropBehindLog(h, 7);
    },
    twin: (h) => {
      send(h, 7).state = 'strange';
      dropBehindLog(h, 7);
      h.deadLetters.push({ partition: 1, offset: 2, reason: 'its state' });
    },
  },
  {
    name: 'an aborted record that was stored',
    hop: 'journal',
    expected: found('aborted-read', 'consumer'),
    plant: (h) => void (record(h, 7).aborted = true),
    twin: (h) => {
      record(h, 7).aborted = true;
      dropBehindLog(h, 7);
    },
  },
  {
    name: 'committed to the group ahead of the store',
    hop: 'group',
    expected: found('overcommitted', 'consumer'),
    plant: (h) => void h.commits.set(1, 9),
    twin: (h) => void h.commits.set(1, 2),
  },
  {
    name: 'committed past a record that is not stored',
    hop: 'group',
    expected: found('overcommitted', 'consumer'),
    plant: (h) => {
      dropBehindLog(h, 10);
      h.positions.set(1, 3);
    },
    // A transaction's marker stands at this offset.
    twin: (h) => {
      h.ranges[1]!.end = 5;
      h.commits.set(1, 5);
    },
  },
  {
    name: 'not drained: the consumer had not got there',
    hop: 'journal',
    expected: 'inconclusive',
    plant: (h) => {
      dropBehindLog(h, 10);
      h.positions.set(1, 3);
      h.commits.set(1, 3);
    },
  },
];

/** Rows that the consumer wrote wrongly: the journal agrees with the store. */
export const storeDefectsOfConsumer: PlantedDefect[] = [
  {
    name: 'stored in a category that is not its state',
    hop: 'store',
    expected: found('misclassified', 'consumer'),
    plant: (h) => {
      const category = otherState(row(h, 7).category);
      row(h, 7).category = category;
      h.written.find(at(row(h, 7)))!.category = category;
    },
  },
  {
    name: 'stored with other bytes than the log has',
    hop: 'store',
    expected: found('corrupted', 'consumer'),
    plant: (h) => {
      row(h, 7).digest = 'x';
      h.written.find(at(row(h, 7)))!.digest = 'x';
    },
  },
  {
    name: 'stored with another key',
    hop: 'store',
    expected: found('corrupted', 'consumer'),
    plant: (h) => {
      row(h, 7).key = 'other';
      forgetWritten(h, 7);
    },
  },
  {
    name: 'stored at a position that is not its own',
    hop: 'store',
    expected: found('corrupted', 'consumer'),
    plant: (h) => {
      row(h, 10).offset = 1;
      forgetWritten(h, 10);
    },
  },
  {
    name: 'stored twice at one position',
    hop: 'store',
    expected: found('duplicated', 'consumer'),
    plant: (h) => {
      h.rows.push({ ...row(h, 7) });
      h.written.push({ ...h.written.find(at(row(h, 7)))! });
    },
    twin: (h) => h.deliveries.push({ partition: 1, offset: 2 }),
  },
  {
    name: 'a good message among the dead letters',
    hop: 'store',
    expected: found('wrongly-dead-lettered', 'consumer'),
    plant: (h) => {
      dropRow(h, 7);
      h.deadLetters.push({ partition: 1, offset: 2, reason: 'none' });
      forgetWritten(h, 7);
    },
    twin: (h) => {
      h.log.push({ partition: 1, offset: 4, foreign: true });
      h.ranges[1]!.end = 5;
      h.positions.set(1, 5);
      h.deadLetters.push({ partition: 1, offset: 4, reason: 'no JSON' });
    },
  },
  {
    name: 'stored, though a rule drops it',
    hop: 'store',
    expected: found('unexpected', 'consumer'),
    plant: (h) => void (send(h, 7).dropped = true),
    twin: (h) => {
      send(h, 7).dropped = true;
      dropRow(h, 7);
      forgetWritten(h, 7);
    },
  },
  {
    name: 'a dead letter, though a rule drops it',
    hop: 'store',
    expected: found('unexpected', 'consumer'),
    plant: (h) => {
      send(h, 7).dropped = true;
      dropRow(h, 7);
      h.deadLetters.push({ partition: 1, offset: 2, reason: 'none' });
    },
    twin: (h) => {
      send(h, 7).dropped = true;
      dropRow(h, 7);
      forgetWritten(h, 7);
    },
  },
];

/** Rows that were right when they were written: the journal contradicts the store. */
export const storeDefects: PlantedDefect[] = [
  {
    name: 'a row that vanished after it was written',
    hop: 'store',
    expected: found('lost', 'store'),
    plant: (h) => dropRow(h, 7),
  },
  {
    name: 'a row that changed its category afterwards',
    hop: 'store',
    expected: found('misclassified', 'store'),
    plant: (h) => void (row(h, 7).category = otherState(row(h, 7).category)),
  },
  {
    name: 'a row that changed its bytes afterwards',
    hop: 'store',
    expected: found('corrupted', 'store'),
    plant: (h) => void (row(h, 7).digest = 'x'),
  },
  {
    name: 'a row that was doubled afterwards',
    hop: 'store',
    expected: found('duplicated', 'store'),
    plant: (h) => h.rows.push({ ...row(h, 7) }),
  },
  {
    name: 'a second row without an id',
    hop: 'store',
    expected: found('duplicated', 'store'),
    plant: (h) => {
      const { id: _, ...nameless } = row(h, 7);
      h.rows.push({ ...nameless, foreign: true });
    },
    twin: (h) => {
      h.log.push({ partition: 1, offset: 4, foreign: true });
      h.ranges[1]!.end = 5;
      h.positions.set(1, 5);
      h.rows.push({ category: 'failed', partition: 1, offset: 4, key: 'k', digest: 'd', foreign: true });
    },
  },
  {
    name: 'a row with an unknown id',
    hop: 'store',
    expected: found('corrupted', 'store'),
    plant: (h) => void (row(h, 7).id = 'ghost'),
  },
  {
    name: "a dead letter beyond the log's end",
    hop: 'store',
    expected: found('phantom', 'store'),
    plant: (h) => h.deadLetters.push({ partition: 1, offset: 4, reason: 'no JSON' }),
    twin: (h) => {
      h.log.push({ partition: 1, offset: 4, foreign: true });
      h.ranges[1]!.end = 5;
      h.positions.set(1, 5);
      h.deadLetters.push({ partition: 1, offset: 4, reason: 'no JSON' });
    },
  },
  {
    name: "a next offset beyond the log's end",
    hop: 'store',
    expected: found('overcommitted', 'store'),
    plant: (h) => void h.positions.set(1, 9),
    twin: (h) => {
      h.ranges[1]!.end = 9;
      h.positions.set(1, 9);
    },
  },
  {
    name: 'a row that no consumer wrote',
    hop: 'store',
    expected: found('phantom', 'store'),
    plant: (h) => h.rows.push({ ...row(h, 7), id: 'ghost', offset: 9 }),
  },
  {
    name: 'a row that a rule drops, and that no consumer wrote',
    hop: 'store',
    expected: found('unexpected', 'store'),
    plant: (h) => {
      send(h, 7).dropped = true;
      forgetWritten(h, 7);
    },
    twin: (h) => {
      send(h, 7).dropped = true;
      dropRow(h, 7);
      forgetWritten(h, 7);
    },
  },
  {
    name: 'a store that was not read to its end',
    hop: 'store',
    expected: 'inconclusive',
    plant: (h) => void h.complete.delete('store'),
  },
];
