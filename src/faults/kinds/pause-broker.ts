/** Faults that suspend brokers. If a suspension exceeds the broker's session, the cluster treats the broker as dead. */
import type { BrokerVictim, Fault, Pipeline, Underway } from '../fault.ts';
import { followerOf, majorityOf, needsOwnBrokers } from './kill-broker.ts';
import { changesSince, leaderOf } from './leadership.ts';
import { suspendProcesses } from './suspend-process.ts';

const lastsMs = 5_000;

async function pause(victims: readonly BrokerVictim[], pipeline: Pipeline): Promise<Underway> {
  const before = await pipeline.partitions();
  return await suspendProcesses(victims, () => changesSince(before, pipeline));
}

export const pauseLeader: Fault = {
  name: 'pause-leader',
  does: 'suspends the broker that leads partition 0',
  expected: 'after its session (3 s), another replica takes over; no loss, and the order holds',
  example: 'pause-leader@5s+8s',
  lastsMs,
  problem: (plan) => needsOwnBrokers(plan),
  begin: async (pipeline) => await pause([await leaderOf(pipeline)], pipeline),
};

export const pauseBroker: Fault = {
  name: 'pause-broker',
  does: 'suspends a broker, if possible one that does not lead partition 0',
  expected: 'after its session (3 s), fewer replicas are in sync; no loss, and the order holds',
  example: 'pause-broker@10s+8s',
  lastsMs,
  problem: (plan) => needsOwnBrokers(plan),
  begin: async (pipeline) => await pause([await followerOf(pipeline)], pipeline),
};

export const pauseMajority: Fault = {
  name: 'pause-majority',
  does: 'suspends more than half of the brokers',
  expected: 'sends time out; no acknowledged message is lost',
  example: 'pause-majority@5s+20s',
  lastsMs,
  problem: (plan) => needsOwnBrokers(plan, 3),
  begin: async (pipeline) => await pause(majorityOf(pipeline), pipeline),
};
