/** Faults that kill or suspend producers and consumers. */
import type { Fault, FaultSetting, Pipeline, PipelinePlan, StageVictim, Underway } from '../fault.ts';
import { firstAtPoint } from './first-at-point.ts';
import { killProcess } from './kill-process.ts';
import { suspendProcesses } from './suspend-process.ts';
import { needsTransactions } from './transaction-faults.ts';
import { counted } from '../../text/counted.ts';

const lastsMs = 5_000;
/** The consumer's points, in the order in which it reaches them. */
const points = ['after-fetch', 'before-store-commit', 'after-store-commit', 'after-group-commit'] as const;

/** The points of a producer that writes transactions. */
const producerPoints = ['before-commit', 'after-commit-request'] as const;

const none = (): string | undefined => undefined;
/** A process that stays suspended would never let the run end. */
export const endless = (_: PipelinePlan, { lastsMs: ms }: FaultSetting): string | undefined =>
  ms === Infinity ? 'the run would wait for the process for ever: kill it instead' : undefined;

/** If there are several consumers, the others take over the partitions of one that is gone. */
const isOfOnlyConsumer = ({ consumers }: PipelinePlan): boolean => consumers === 1;

function running(stages: readonly StageVictim[], what: string): StageVictim {
  const stage = stages.find(({ pid }) => pid !== undefined);
  if (stage === undefined) throw new Error(`no ${what} was at work`);
  return stage;
}

export const killProducer: Fault = {
  name: 'kill-producer',
  does: 'kills a producer, with --transactional at a point of its transaction if one is named, and starts it again',
  expected: 'it goes on from its ledger in a new session; sends without an answer are unknown, not lost',
  example: 'kill-producer@4s+2s',
  lastsMs,
  ownPart: { part: 'producer', instead: 'kill-process' },
  details: producerPoints,
  problem: (plan, { detail }) => (detail === undefined ? undefined : needsTransactions(plan)),
  begin: async ({ producers }, { detail }, signal) => {
    if (detail === undefined) return await killProcess(running(producers, 'producer'));
    const victim = await firstAtPoint(producers, detail, signal);
    return noting(await killProcess(victim), [`it stood at ${detail}`]);
  },
};

export const killConsumer: Fault = {
  name: 'kill-consumer',
  does: 'kills a consumer, at a point of its work if one is named, and starts it again',
  expected: 'messages that it had not stored are delivered again, and stored once',
  example: 'kill-consumer:after-store-commit@4s',
  lastsMs,
  ownPart: { part: 'consumer', instead: 'kill-process' },
  holdsDrain: isOfOnlyConsumer,
  details: points,
  problem: none,
  begin: async ({ consumers }, { detail }, signal) => {
    if (detail === undefined) return await killProcess(running(consumers, 'consumer'));
    const victim = await firstAtPoint(consumers, detail, signal);
    return noting(await killProcess(victim), [`it stood at ${detail}`]);
  },
};

export const noting = (underway: Underway, facts: readonly string[]): Underway => ({
  ...underway,
  end: async (isMended) => {
    const { tookEffect, evidence } = await underway.end(isMended);
    return { tookEffect, evidence: [...facts, ...evidence] };
  },
});

export const pauseProducer: Fault = {
  name: 'pause-producer',
  does: 'suspends a producer',
  expected: 'its messages are late, and nothing else',
  example: 'pause-producer@4s+3s',
  lastsMs,
  ownPart: { part: 'producer', instead: 'pause-process' },
  problem: endless,
  begin: async ({ producers }) => await suspendProcesses([running(producers, 'producer')]),
};

export const pauseConsumer: Fault = {
  name: 'pause-consumer',
  does: 'suspends a consumer',
  expected:
    'if it exceeds the session timeout, the group reassigns its partitions, and its late writes are refused',
  example: 'pause-consumer@4s+15s',
  lastsMs,
  ownPart: { part: 'consumer', instead: 'pause-process' },
  holdsDrain: isOfOnlyConsumer,
  problem: endless,
  begin: async (pipeline) => {
    const victim = running(pipeline.consumers, 'consumer');
    const before = await membersOf(pipeline);
    return await suspendProcesses([victim], async () => {
      const after = await membersOf(pipeline);
      if (before === undefined || after === undefined) return [];
      return after < before
        ? [`its session expired: of ${counted(before, 'member')} the group has ${after}`]
        : [];
    });
  },
};

/** undefined if no broker answers: brokers may be suspended, too. */
const membersOf = async (pipeline: Pipeline): Promise<number | undefined> =>
  await pipeline.members().catch(() => undefined);
