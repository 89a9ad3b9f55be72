/** Faults of transactions: a second producer with the same transactional id, and a producer that goes silent. */
import { Deadline } from '../../system/deadline.ts';
import type { Fault, Pipeline, PipelinePlan, StageVictim, Underway } from '../fault.ts';
import { firstAtPoint } from './first-at-point.ts';

/** Until the producer is started again. */
const lastsMs = 1_000;
const pollMs = 100;
/** A producer notices at its next request that it is fenced. */
const fencedMsMax = 30_000;
/** The coordinator looks for late transactions every 10 s by default. */
const abortedMsMax = 60_000;

export const needsTransactions = ({ transactional }: PipelinePlan): string | undefined =>
  transactional === true ? undefined : 'the producers write no transactions: add --transactional';

export const fenceProducer: Fault = {
  name: 'fence-producer',
  does: 'takes over the transactional id of a producer, as a second producer with that id would',
  expected: 'the producer ends, its open transaction is aborted, and it goes on in a new session',
  example: 'fence-producer@4s',
  lastsMs,
  ownPart: { part: 'producer', instead: 'kill-process' },
  problem: needsTransactions,
  begin: async (pipeline, _, signal) => {
    const index = pipeline.producers.findIndex(({ pid }) => pid !== undefined);
    const victim = pipeline.producers[index];
    if (victim === undefined) throw new Error('no producer was at work');
    return await untilFenced(victim, signal, async () => {
      const epoch = await pipeline.takeOver(index);
      return `another producer got epoch ${epoch} of its transactional id`;
    });
  },
};

export const abandonTransaction: Fault = {
  name: 'abandon-transaction',
  does: 'holds up a producer before it commits, until the coordinator aborts its transaction',
  expected: 'its commit is refused, none of the transaction is stored, and it goes on in a new session',
  example: 'abandon-transaction@4s',
  lastsMs,
  stopsAtPoint: 'producer',
  holdsDrain: () => true,
  ownPart: { part: 'producer', instead: 'kill-process' },
  problem: needsTransactions,
  begin: async (pipeline, _, signal) => {
    const victim = await firstAtPoint(pipeline.producers, 'before-commit', signal);
    let heldMs: number;
    try {
      heldMs = await untilAborted(pipeline, signal);
    } catch (error) {
      victim.goOn();
      throw error;
    }
    return await untilFenced(victim, signal, async () => {
      victim.goOn();
      return `the coordinator aborted its transaction within ${heldMs} ms`;
    });
  },
};

/** Waits until consumers can read past all that is in the log now. Returns how long that took, in ms. */
async function untilAborted(pipeline: Pipeline, signal: AbortSignal): Promise<number> {
  const beganAtMs = performance.now();
  const ends = await pipeline.ends();
  const isStable = async (): Promise<boolean> => {
    const stable = await pipeline.stableEnds();
    return [...ends].every(([partition, end]) => (stable.get(partition) ?? 0) >= end);
  };
  if ((await new Deadline(abortedMsMax, signal).poll(isStable, pollMs)) === undefined)
    throw new Error(`the coordinator did not abort the transaction within ${abortedMsMax} ms`);
  return Math.round(performance.now() - beganAtMs);
}

/** Fences the producer, waits until it has ended for that reason, and starts it again at the end. */
async function untilFenced(
  victim: StageVictim,
  signal: AbortSignal,
  fence: () => Promise<string>,
): Promise<Underway> {
  const { name } = victim;
  const ended = victim.ended();
  try {
    const evidence = [await fence()];
    const exit = await new Deadline(fencedMsMax, signal).within(ended, undefined);
    if (exit === undefined) throw new Error(`${evidence[0]}, and ${name} went on`);
    const isFenced = exit.code !== 0 && exit.tail.includes('is fenced');
    evidence.push(isFenced ? `${name} ended, because it was fenced` : `${name} had done its work before`);
    return {
      target: name,
      leave: () => victim.leave(),
      end: async (isMended) => {
        if (!isFenced) victim.leave();
        else if (isMended) {
          await victim.start();
          evidence.push(`it was started again as process ${victim.pid}`);
        }
        return { tookEffect: isFenced, evidence };
      },
    };
  } catch (error) {
    victim.leave();
    throw error;
  }
}
