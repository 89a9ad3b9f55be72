/** All faults, in the order of `nodrop faults`. */
import { deleteOffsets } from './kinds/delete-offsets.ts';
import { deleteRecords } from './kinds/delete-records.ts';
import type { Fault } from './fault.ts';
import { killBroker, killController, killLeader, killMajority, restartBrokers } from './kinds/kill-broker.ts';
import { killConsumer, killProducer, pauseConsumer, pauseProducer } from './kinds/kill-stage.ts';
import { bandwidthOfLink, cutLink, latencyOnLink, resetPeer, slowCloseOnLink } from './kinds/network.ts';
import { pauseBroker, pauseLeader, pauseMajority } from './kinds/pause-broker.ts';
import { killUserProcess, pauseUserProcess, restartUserProcess } from './kinds/process-faults.ts';
import { poison } from './kinds/poison.ts';
import { rebalanceStorm } from './kinds/rebalance-storm.ts';
import { restartStore } from './kinds/restart-store.ts';
import { abandonTransaction, fenceProducer } from './kinds/transaction-faults.ts';
import { cutCommit, fillDisk, lockStore } from './kinds/store-faults.ts';

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
  fenceProducer,
  abandonTransaction,
  killConsumer,
  pauseConsumer,
  killUserProcess,
  pauseUserProcess,
  restartUserProcess,
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
