/** A storm of rebalances: consumers that join and leave the group. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import type { Fault } from '../fault.ts';
import { counted } from '../../text/counted.ts';

const lastsMs = 8_000;
/** How long a consumer stays: long enough to get its partitions and begin to fetch. */
const stayMs = 500;
/** On a machine that is busy with a cluster, a consumer takes seconds to start and to join. */
const firstGuestMsMax = 30_000;

export const rebalanceStorm: Fault = {
  name: 'rebalance-storm',
  does: 'makes one more consumer join and leave the group, again and again',
  expected: 'unfinished deliveries are repeated; the store has no gap, and its offsets never go back',
  example: 'rebalance-storm@3s+8s',
  lastsMs,
  problem: () => undefined,
  begin: async (pipeline, setting, signal) => {
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const untilFirst = AbortSignal.any([signal, AbortSignal.timeout(setting.lastsMs + firstGuestMsMax)]);
    let joined = 0;
    const blow = async (): Promise<void> => {
      while (!until.aborted) {
        // The first consumer is awaited even after the storm's end: without it there would have been no storm.
        const guest = await pipeline.joinConsumer(joined === 0 ? untilFirst : until);
        if (guest.hasJoined) joined += 1;
        await sleep(stayMs, undefined, { signal: until }).catch(() => undefined);
        await guest.leave();
      }
    };
    const problems: string[] = [];
    const blowing = blow().catch((error: unknown) => {
      if (!until.aborted) problems.push(messageOf(error));
    });
    return {
      target: 'the group',
      end: async () => {
        over.abort();
        await blowing;
        const times = `a consumer joined and left ${counted(joined, 'time')}`;
        return { tookEffect: joined > 0 && problems.length === 0, evidence: [times, ...problems] };
      },
    };
  },
};
