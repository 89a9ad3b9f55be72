/** Defects under the rules `at-least-once` and `latest`. Each key of the history has its messages in one partition. */
import {
  dropBehindLog,
  dropRow,
  found,
  otherState,
  record,
  row,
  send,
  type PlantedDefect,
} from './history-edits.ts';
import type { PlantedHistory } from './planted-history.ts';

/** The store keeps the row of the newest message of each key. */
function keepNewest(history: PlantedHistory): void {
  history.rule = 'latest';
  for (const sequence of [0, 1, 2, 3, 4, 5, 6, 7, 8]) dropRow(history, sequence);
}

/** The newest message of the key in partition 1 is a tombstone. */
function removeKey(history: PlantedHistory): void {
  keepNewest(history);
  send(history, 10).tombstone = true;
  record(history, 10).tombstone = true;
}

/** The row of message 7 in the place of that of message 10. */
function goBack(history: PlantedHistory): void {
  const { id, state, key, digest, partition, offset } = send(history, 7);
  dropRow(history, 10);
  history.rows.push({ id, category: state, key, digest, partition: partition!, offset: offset! });
}

export const ruleDefects: PlantedDefect[] = [
  {
    name: 'at least once: a second row in another category',
    hop: 'store',
    expected: found('misclassified', 'consumer'),
    plant: (h) => {
      h.rule = 'at-least-once';
      h.rows.push({ ...row(h, 7), category: otherState(row(h, 7).category) });
      h.written.push({ partition: 1, offset: 2, category: h.rows.at(-1)!.category, digest: 'd7' });
    },
    twin: (h) => {
      h.rule = 'at-least-once';
      h.rows.push({ ...row(h, 7) });
    },
  },
  {
    name: 'at least once: no row at all',
    hop: 'journal',
    expected: found('lost', 'consumer'),
    plant: (h) => {
      h.rule = 'at-least-once';
      dropBehindLog(h, 7);
    },
    // The producer has sent it twice.
    twin: (h) => {
      h.rule = 'at-least-once';
      h.log.push({ ...record(h, 7), offset: 4 });
      h.ranges[1]!.end = 5;
      h.positions.set(1, 5);
    },
  },
  {
    name: 'latest: an older version kept',
    hop: 'store',
    expected: found('stale', 'consumer'),
    plant: (h) => {
      keepNewest(h);
      goBack(h);
      h.written = h.written.filter(({ partition, offset }) => partition !== 1 || offset !== 3);
    },
    twin: keepNewest,
  },
  {
    name: 'latest: an older version brought back',
    hop: 'store',
    expected: found('stale', 'store'),
    plant: (h) => {
      keepNewest(h);
      goBack(h);
    },
    // The consumer has not come to the newest.
    twin: (h) => {
      keepNewest(h);
      goBack(h);
      h.positions.set(1, 3);
      h.commits.set(1, 3);
    },
  },
  {
    name: 'latest: a tombstone ignored',
    hop: 'store',
    expected: found('stale', 'consumer'),
    plant: (h) => {
      removeKey(h);
      goBack(h);
      h.written = h.written.filter(({ partition, offset }) => partition !== 1 || offset !== 3);
    },
    twin: (h) => {
      removeKey(h);
      dropRow(h, 10);
    },
  },
  {
    name: 'latest: no row of a key',
    hop: 'journal',
    expected: found('lost', 'consumer'),
    plant: (h) => {
      keepNewest(h);
      dropBehindLog(h, 10);
    },
    twin: keepNewest,
  },
  {
    name: 'latest: a row of the newest, and of an older one',
    hop: 'store',
    expected: found('duplicated', 'consumer'),
    plant: (h) => {
      const older = row(h, 7);
      keepNewest(h);
      h.rows.push(older);
    },
    twin: keepNewest,
  },
  {
    name: 'latest: a key in two partitions, without versions',
    hop: 'store',
    expected: 'inconclusive',
    plant: (h) => {
      const newestOfOther = row(h, 6);
      keepNewest(h);
      h.rows.push(newestOfOther);
      h.keyed = false;
      send(h, 9).key = 'k1';
      record(h, 9).key = 'k1';
      dropRow(h, 9);
    },
  },
];
