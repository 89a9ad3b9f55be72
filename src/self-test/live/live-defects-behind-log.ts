/** Defects of live pipelines behind the log: those of the consumer, and those of the store itself. */
import { double, dropTable, insert, move, overwrite, skipAhead, vanish } from './damage-store.ts';
import { inOneGo, inSteps, inTwoVisits, paced } from './scenarios.ts';
import type { Change, LiveDefect, LiveFinding } from './live-defect.ts';
import { abortTransaction, forgetGroup } from './damage-topic.ts';

const plain = inOneGo();
const lostByConsumer: LiveFinding = { kind: 'lost', blame: 'consumer' };
const onePartition = ['--partitions=1'];

const consumerDefects: LiveDefect[] = [
  {
    name: 'a consumer that begins at the end of the topic',
    hop: 'journal',
    expected: lostByConsumer,
    scenario: inSteps(),
    planting: { sabotage: 'skip-to-end' },
  },
  {
    name: 'a consumer that believes a group that was deleted',
    hop: 'journal',
    expected: lostByConsumer,
    scenario: inTwoVisits,
    planting: { sabotage: 'trust-group', beforeConsuming: forgetGroup },
  },
  {
    name: 'a consumer that comes back one record too late',
    hop: 'journal',
    expected: lostByConsumer,
    // The one record may be a marker, or may have been aborted with the transaction that the killed producer left open.
    transactional: 'left-out',
    scenario: inTwoVisits,
    planting: { sabotage: 'off-by-one' },
  },
  {
    name: 'delivered, then dropped before the store',
    hop: 'journal',
    expected: lostByConsumer,
    scenario: plain,
    planting: { sabotage: 'drop-before-store' },
  },
  {
    name: 'half of a batch stored, and the consumer killed',
    hop: 'journal',
    expected: lostByConsumer,
    scenario: plain,
    planting: { sabotage: 'half-batch' },
  },
  {
    name: 'a consumer that was beyond a hole when killed',
    hop: 'journal',
    expected: lostByConsumer,
    scenario: inOneGo(...paced),
    planting: { sabotage: 'hole' },
  },
  {
    name: 'no JSON, and no dead letter either',
    hop: 'journal',
    expected: lostByConsumer,
    scenario: inOneGo(...paced, '--fault=poison@500ms'),
    planting: { sabotage: 'drop-dead-letter' },
  },
  {
    name: 'an aborted record that was stored',
    hop: 'journal',
    // The record is also a copy of a record that counts.
    expected: { kind: 'aborted-read', blame: 'consumer', besides: ['duplicated'] },
    scenario: inSteps({ produce: onePartition, consume: ['-X', 'isolation.level=read_uncommitted'] }),
    planting: { beforeConsuming: abortTransaction },
    twin: { scenario: inSteps({ produce: onePartition }), planting: { beforeConsuming: abortTransaction } },
  },
  {
    name: 'committed to the group ahead of the store',
    hop: 'group',
    expected: { kind: 'overcommitted', blame: 'consumer', cause: 'commit-before-write' },
    scenario: plain,
    planting: { sabotage: 'commit-before-store' },
  },
  {
    name: 'a consumer that stores nothing any more',
    hop: 'journal',
    expected: { kind: 'stalled', blame: 'consumer' },
    scenario: inOneGo('--timeout=5s', '--store-timeout=1s'),
    planting: { sabotage: 'stall' },
  },
  {
    name: 'not drained: the consumer had not got there',
    hop: 'journal',
    expected: 'inconclusive',
    scenario: inTwoVisits,
    planting: { endsWith: 'unread' },
  },
];

/** Rows that the consumer wrote wrongly. */
const rowsOfConsumer: LiveDefect[] = (
  [
    ['stored in a category that is not its state', 'misroute', { kind: 'misclassified' }],
    ['stored with other bytes than the log has', 'flip-byte', { kind: 'corrupted' }],
    ['stored with the payload of another', 'stale-upsert', { kind: 'corrupted' }],
    // One of the two rows is in a wrong category.
    ['stored in two categories', 'double', { kind: 'duplicated', besides: ['misclassified'] }],
    ['a row of a message that was not planned', 'invent', { kind: 'phantom' }],
    ['a good message among the dead letters', 'dead-letter', { kind: 'wrongly-dead-lettered' }],
  ] as const
).map(([name, sabotage, expected]) => ({
  name,
  hop: 'store',
  expected: { ...expected, blame: 'consumer' },
  scenario: plain,
  planting: { sabotage },
}));

/** Rows that were right when they were written. */
const rowsOfStore: LiveDefect[] = (
  [
    ['a row that vanished after it was written', vanish, { kind: 'lost', blame: 'store' }],
    ['a row that changed its category afterwards', move, { kind: 'misclassified', blame: 'store' }],
    // A run's journal records no contents, so it cannot show that the row was right when it was written.
    ['a row that changed its bytes afterwards', overwrite, { kind: 'corrupted', blame: 'consumer' }],
    [
      'a row that was doubled afterwards',
      double,
      { kind: 'duplicated', blame: 'store', besides: ['misclassified'] },
    ],
    ['a row that no consumer wrote', insert, { kind: 'phantom', blame: 'store' }],
    [
      "a next offset beyond the log's end",
      skipAhead,
      { kind: 'overcommitted', blame: 'store', cause: 'position-beyond-end' },
    ],
    ['a store that cannot be read to its end', dropTable, 'inconclusive'],
  ] satisfies [string, Change, LiveDefect['expected']][]
).map(([name, afterConsuming, expected]) => ({
  name,
  hop: 'store',
  expected,
  scenario: inSteps(),
  planting: { afterConsuming },
}));

export const liveDefectsBehindLog = [...consumerDefects, ...rowsOfConsumer, ...rowsOfStore];
