/** Producers and consumers that die and come back, and consumers that sleep. */
import type { Fault, FaultSetting, Pipeline, PipelinePlan, StageVictim, Underway } from '../fault.ts';
import { firstAtPoint } from './first-at-point.ts';
import { killProcess } from './kill-process.ts';
import { suspendProcesses } from './suspend-process.ts';
import { counted } from '../../text/counted.ts';

const lastsMs = 5_000;
/** The consumer's points, in the order in which it comes by them. */
const points = ['after-fetch', 'before-store-commit', 'after-store-commit', 'after-group-commit'] as const;

const none = (): string | undefined => undefined;
/** Nobody would see the end of it. */
const endless = (_: PipelinePlan, { lastsMs: ms }: FaultSetting): string | undefined =>
  ms === Infinity ? 'the run would wait for it for ever: kill it instead' : undefined;

/** Others would take over what one of several leaves. */
const isOfOnlyConsumer = ({ consumers }: PipelinePlan): boolean => consumers === 1;

function running(stages: readonly StageVictim[], what: string): StageVictim {
  const stage = stages.find(({ pid }) => pid !== undefined);
  if (stage === undefined) throw new Error(`no ${what} was at work`);
  return stage;
}

export const killProducer: Fault = {
  name: 'kill-producer',
  does: 'kills a producer, and starts it again',
  expected: 'it goes on from its ledger in a session of its own; what was under way is unknown, and no loss',
  example: 'kill-producer@4s+2s',
  lastsMs,
  problem: none,
  begin: async ({ producers }) => await killProcess(running(producers, 'producer')),
};

export const killConsumer: Fault = {
  name: 'kill-consumer',
  does: 'kills a consumer, at a point of its work if one is named, and starts it again',
  expected: 'what it had not stored is delivered again, and stored once',
  example: 'kill-consumer:after-store-commit@4s',
  lastsMs,
  holdsDrain: isOfOnlyConsumer,
  details: points,
  problem: none,
  begin: async ({ consumers }, { detail }, signal) => {
    if (detail === undefined) return await killProcess(running(consumers, 'consumer'));
    const victim = await firstAtPoint(consumers, detail, signal);
    return noting(await killProcess(victim), [`it stood at ${detail}`]);
  },
};

const noting = (underway: Underway, facts: readonly string[]): Underway => ({
  ...underway,
  end: async (isMended) => {
    const { tookEffect, evidence } = await underway.end(isMended);
    return { tookEffect, evidence: [...facts, ...evidence] };
  },
});

export const pauseProducer: Fault = {
  name: 'pause-producer',
  does: 'suspends a producer',
  expected: 'it is late, and nothing else',
  example: 'pause-producer@4s+3s',
  lastsMs,
  problem: endless,
  begin: async ({ producers }) => await suspendProcesses([running(producers, 'producer')]),
};

export const pauseConsumer: Fault = {
  name: 'pause-consumer',
  does: 'suspends a consumer',
  expected:
    'for longer than its session: the group takes its partitions away, and what it writes late is refused',
  example: 'pause-consumer@4s+15s',
  lastsMs,
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

/** undefined where no broker tells: it may be suspended, too. */
const membersOf = async (pipeline: Pipeline): Promise<number | undefined> =>
  await pipeline.members().catch(() => undefined);
