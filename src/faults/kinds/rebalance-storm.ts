/** A storm of rebalances: consumers that join and leave the group. */
import { messageOf } from '../../errors.ts';
import { pauseUnless } from '../../system/deadline.ts';
import type { Fault, Pipeline, Underway } from '../fault.ts';
import { counted } from '../../text/counted.ts';
import { problemOfProcess, restarted, runningOf } from './process-faults.ts';

const lastsMs = 8_000;
/** How long a consumer stays: long enough to get its partitions and begin to fetch. */
const stayMs = 500;
/** On a machine that is busy with a cluster, a consumer takes seconds to start and to join. */
const firstGuestMsMax = 30_000;
const restartsShown = 3;

export const rebalanceStorm: Fault = {
  name: 'rebalance-storm',
  does: 'makes one more consumer join and leave the group, or your processes leave and come back, again and again',
  expected: 'unfinished deliveries are repeated; the store has no gap, and its offsets never go back',
  example: 'rebalance-storm@3s+8s',
  lastsMs,
  takesProcess: 'name',
  problem: (plan, { detail }) =>
    plan.processes === undefined && detail === undefined ? undefined : problemOfProcess(plan, detail),
  begin: async (pipeline, { detail, lastsMs: ms }, signal) =>
    detail === undefined ? stormOfGuests(pipeline, ms, signal) : stormOfRestarts(pipeline, detail, signal),
};

interface Storm {
  /** One round: a consumer joins and leaves, or a process leaves and comes back. */
  blow: (until: AbortSignal) => Promise<void>;
  outcome: () => { times: number; evidence: string[] };
}

function stormOfGuests(pipeline: Pipeline, ms: number, signal: AbortSignal): Underway {
  const untilFirst = AbortSignal.any([signal, AbortSignal.timeout(ms + firstGuestMsMax)]);
  let joined = 0;
  return underway('the group', signal, {
    blow: async (until) => {
      // The first consumer is awaited even after the storm's end: without it there would have been no storm.
      const guest = await pipeline.joinConsumer(joined === 0 ? untilFirst : until);
      if (guest.hasJoined) joined += 1;
      await pauseUnless(until, stayMs);
      await guest.leave();
    },
    outcome: () => ({ times: joined, evidence: [`a consumer joined and left ${counted(joined, 'time')}`] }),
  });
}

function stormOfRestarts(pipeline: Pipeline, name: string, signal: AbortSignal): Underway {
  const victims = runningOf(pipeline, name);
  const restarts: string[] = [];
  return underway(victims.map((victim) => victim.name).join(', '), signal, {
    // A round is finished even after the storm's end: its process must run again.
    blow: async (until) => {
      restarts.push(await restarted(victims[restarts.length % victims.length]!));
      await pauseUnless(until, stayMs);
    },
    outcome: () => ({
      times: restarts.length,
      evidence: [
        `processes of ${name} left and came back ${counted(restarts.length, 'time')}`,
        ...restarts.slice(0, restartsShown),
      ],
    }),
  });
}

function underway(target: string, signal: AbortSignal, { blow, outcome }: Storm): Underway {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const problems: string[] = [];
  const blowing = (async (): Promise<void> => {
    while (!until.aborted) await blow(until);
  })().catch((error: unknown) => {
    problems.push(messageOf(error));
  });
  return {
    target,
    end: async () => {
      over.abort();
      await blowing;
      const { times, evidence } = outcome();
      return { tookEffect: times > 0 && problems.length === 0, evidence: [...evidence, ...problems] };
    },
  };
}
