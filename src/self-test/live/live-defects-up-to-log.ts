/** Defects of live pipelines that the plan, the ledger or the log shows: those of the producer and of the broker. */
import { inOneGo, inSteps, inTwoSessions, inTwoVisits } from './scenarios.ts';
import type { LiveDefect, LiveFinding } from './live-defect.ts';
import { cutOff, cutOffEarly, turnBit } from './damage-disk.ts';
import { cutLedger } from './damage-evidence.ts';
import { addPartitions, allowUncleanElection, deleteRecords, deleteTopic, recreate } from './damage-topic.ts';

/** Many small record batches, so that a defect damages only one of them. */
const small = '--batch-size=10';
const smallBatches = inOneGo(small);
const notIdempotent = ['-X', 'enable.idempotence=false'];
/** Others of the transaction stand committed. */
const tornByBroker: LiveFinding = { kind: 'torn-transaction', blame: 'broker' };

const liveLedgerDefects: LiveDefect[] = [
  {
    name: 'a producer that died half-way',
    hop: 'plan',
    expected: 'inconclusive',
    scenario: inTwoVisits,
    planting: { endsWith: 'half' },
  },
  {
    name: 'a ledger that was cut short',
    hop: 'ledger',
    expected: 'inconclusive',
    scenario: inSteps(),
    planting: { afterConsuming: cutLedger },
  },
  {
    name: 'acknowledged, and never written',
    hop: 'ledger',
    expected: { kind: 'lost', blame: 'broker' },
    transactional: tornByBroker,
    scenario: smallBatches,
    planting: { sabotage: 'claim-ack' },
  },
  {
    name: 'acknowledged with acks=1, and never written',
    hop: 'ledger',
    expected: { kind: 'lost', blame: 'broker', cause: 'acks=1' },
    // Transactions need acks=all.
    transactional: 'left-out',
    scenario: inOneGo(small, '-X', 'acks=1'),
    planting: { sabotage: 'claim-ack' },
  },
  {
    name: 'never written; unclean elections are allowed',
    hop: 'ledger',
    expected: { kind: 'lost', blame: 'broker', cause: 'unclean-election' },
    transactional: { ...tornByBroker, cause: 'unclean-election' },
    scenario: inSteps({ produce: [small] }),
    planting: { sabotage: 'claim-ack', beforeConsuming: allowUncleanElection },
  },
  {
    name: 'two messages acknowledged at one offset',
    hop: 'ledger',
    expected: { kind: 'offset-conflict', blame: 'producer' },
    // The claimed offsets may be those of a marker.
    transactional: 'left-out',
    scenario: smallBatches,
    planting: { sabotage: 'collide' },
  },
  {
    name: 'rejected, and in the log',
    hop: 'ledger',
    expected: { kind: 'rejected-but-written', blame: 'producer' },
    scenario: smallBatches,
    planting: { sabotage: 'claim-rejection' },
  },
];

const producersInLog: LiveDefect[] = [
  {
    name: 'sent again as if it were another: twice in the log',
    hop: 'log',
    expected: { kind: 'duplicated', blame: 'producer' },
    scenario: smallBatches,
    planting: { sabotage: 'resend' },
  },
  {
    name: 'a producer that begins its input again',
    hop: 'log',
    expected: { kind: 'duplicated', blame: 'producer' },
    scenario: inTwoVisits,
    planting: { sabotage: 'replay' },
  },
  {
    name: 'overtaken by a later one in its partition',
    hop: 'log',
    expected: { kind: 'reordered', blame: 'producer' },
    // Transactions need idempotence.
    transactional: 'left-out',
    scenario: inOneGo(small, ...notIdempotent),
    planting: { sabotage: 'swap' },
  },
  {
    name: 'one key on two partitions',
    hop: 'log',
    expected: { kind: 'reordered', blame: 'producer' },
    scenario: smallBatches,
    planting: { sabotage: 'swap-partitions' },
    // A producer keeps to the partitions with which its run began.
    twin: { scenario: inTwoVisits, planting: { betweenHalves: addPartitions } },
  },
  {
    name: 'bytes changed before they were sent',
    hop: 'log',
    expected: { kind: 'corrupted', blame: 'producer' },
    scenario: smallBatches,
    planting: { sabotage: 'flip-before-send' },
  },
  {
    name: 'a record of a message that was not planned',
    hop: 'log',
    expected: { kind: 'phantom', blame: 'producer' },
    scenario: smallBatches,
    planting: { sabotage: 'invent-record' },
  },
];

const brokersInLog: LiveDefect[] = [
  {
    name: "a bit turned on the broker's disk, then read",
    hop: 'log',
    expected: { kind: 'corrupted', blame: 'broker' },
    scenario: inSteps({ produce: [small] }),
    planting: { beforeConsuming: turnBit },
  },
  {
    name: "a bit turned on the broker's disk afterwards",
    hop: 'log',
    expected: { kind: 'corrupted', blame: 'broker' },
    scenario: inSteps({ produce: [small] }),
    planting: { afterConsuming: turnBit },
  },
  {
    name: "cut off on the broker's disk before it was read",
    hop: 'log',
    expected: { kind: 'lost', blame: 'broker' },
    transactional: tornByBroker,
    scenario: inSteps({ produce: [small] }),
    planting: { beforeConsuming: cutOff },
    isAlone: true,
  },
  {
    name: "cut off on the broker's disk, though stored",
    hop: 'log',
    expected: { kind: 'lost', blame: 'broker' },
    transactional: tornByBroker,
    scenario: inSteps({ produce: [small] }),
    planting: { afterConsuming: cutOff },
    isAlone: true,
  },
  {
    name: 'cut off, and other records at acked offsets',
    hop: 'log',
    // If the first producer is killed late, fewer messages are sent afterwards than were cut off: the others are lost.
    expected: { kind: 'offset-conflict', blame: 'broker', besides: ['lost'] },
    // Transactions need acks=all.
    transactional: 'left-out',
    // Messages that are sent afterwards are acknowledged without an offset.
    scenario: inTwoSessions('-X', 'acks=0'),
    planting: { betweenHalves: cutOffEarly },
    isAlone: true,
  },
  {
    name: 'cut off once stored, other records at the offsets',
    hop: 'log',
    expected: { kind: 'lost', blame: 'broker' },
    // Nothing tells whether the consumer missed a record that now stands where a marker may have stood.
    transactional: 'left-out',
    scenario: inTwoVisits,
    planting: { betweenHalves: cutOffEarly },
    isAlone: true,
  },
  {
    name: 'a topic that was recreated, with some unread',
    hop: 'log',
    expected: { kind: 'lost', blame: 'broker', cause: 'topic-recreated' },
    scenario: inTwoVisits,
    planting: { beforeConsuming: recreate, endsWith: 'unread' },
  },
  {
    name: 'removed by retention before it was delivered',
    hop: 'log',
    expected: { kind: 'expired', blame: 'broker', cause: 'retention' },
    scenario: inSteps(),
    planting: { beforeConsuming: deleteRecords },
    twin: { scenario: inSteps(), planting: { afterConsuming: deleteRecords } },
  },
  {
    name: 'a log that can no longer be read',
    hop: 'log',
    expected: 'inconclusive',
    scenario: inSteps(),
    planting: { afterConsuming: deleteTopic },
  },
];

export const liveDefectsUpToLog = [...liveLedgerDefects, ...producersInLog, ...brokersInLog];
