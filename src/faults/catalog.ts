/** All faults, in the order in which they are listed. */
import { deleteOffsets } from './delete-offsets.ts';
import { deleteRecords } from './delete-records.ts';
import type { Fault } from './fault.ts';
import { killBroker, killController, killLeader, killMajority, restartBrokers } from './kill-broker.ts';
import { killConsumer, killProducer, pauseConsumer, pauseProducer } from './kill-stage.ts';
import { bandwidthOfLink, cutLink, latencyOnLink, resetPeer, slowCloseOnLink } from './network.ts';
import { pauseBroker, pauseLeader, pauseMajority } from './pause-broker.ts';
import { poison } from './poison.ts';
import { rebalanceStorm } from './rebalance-storm.ts';
import { restartStore } from './restart-store.ts';
import { cutCommit, fillDisk, lockStore } from './store-faults.ts';

export const faults: readonly Fault[] = [
  killLeader,
  killBroker,
  killController,
  killMajority,
  restartBrokers,
  pauseLeader,
  pauseBroker,
  pauseMajority,
  killProducer,
  pauseProducer,
  killConsumer,
  pauseConsumer,
  rebalanceStorm,
  deleteOffsets,
  cutLink,
  latencyOnLink,
  bandwidthOfLink,
  slowCloseOnLink,
  resetPeer,
  lockStore,
  fillDisk,
  cutCommit,
  restartStore,
  poison,
  deleteRecords,
];
