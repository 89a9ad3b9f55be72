/** Faults that kill and restart brokers, one or a majority; and the one that restarts all, one after the other. */
import type { BrokerVictim, Effect, Fault, Pipeline, PipelinePlan, Underway } from '../fault.ts';
import { killProcess } from './kill-process.ts';
import { changesSince, leaderOf, runningBroker } from './leadership.ts';

const lastsMs = 5_000;

export const needsOwnBrokers = ({ brokers }: PipelinePlan, atLeast = 1): string | undefined => {
  if (brokers === 0) return "the brokers are not nodrop's own: leave --bootstrap-server out";
  return brokers < atLeast ? `it needs ${atLeast} brokers: --brokers ${atLeast}` : undefined;
};

async function kill(victim: BrokerVictim, pipeline: Pipeline): Promise<Underway> {
  const before = await pipeline.partitions();
  return await killProcess(victim, () => changesSince(before, pipeline));
}

export const killLeader: Fault = {
  name: 'kill-leader',
  does: 'kills the broker that leads partition 0, and starts it again',
  expected: 'another replica takes over; each acknowledged message is stored once',
  example: 'kill-leader@5s',
  lastsMs,
  problem: (plan) => needsOwnBrokers(plan),
  begin: async (pipeline) => await kill(await leaderOf(pipeline), pipeline),
};

export const killBroker: Fault = {
  name: 'kill-broker',
  does: 'kills a broker, if possible one that does not lead partition 0, and starts it again',
  expected: 'with one broker, an outage and no loss; with several, nothing',
  example: 'kill-broker@5s+3s',
  lastsMs,
  problem: (plan) => needsOwnBrokers(plan),
  begin: async (pipeline) => await kill(await followerOf(pipeline), pipeline),
};

export const killController: Fault = {
  name: 'kill-controller',
  does: 'kills the broker that is the active controller, and starts it again',
  expected: 'a short stall of everything that needs an election',
  example: 'kill-controller@5s',
  lastsMs,
  problem: (plan) => needsOwnBrokers(plan, 3),
  begin: async (pipeline) => {
    const nodeId = await pipeline.controller();
    const victim = runningBroker(pipeline, nodeId, 'the active controller');
    const before = await pipeline.partitions();
    return await killProcess(victim, async () => {
      const now = await pipeline.controller();
      const moved = `the active controller was broker ${nodeId} and is broker ${now}`;
      return [moved, ...(await changesSince(before, pipeline))];
    });
  },
};

export const killMajority: Fault = {
  name: 'kill-majority',
  does: 'kills more than half of the brokers, and starts them again',
  expected: 'sends are refused or time out; no acknowledged message is lost',
  example: 'kill-majority@5s+8s',
  lastsMs,
  problem: (plan) => needsOwnBrokers(plan, 3),
  begin: async (pipeline) => {
    const before = await pipeline.partitions();
    const kills = await Promise.all(majorityOf(pipeline).map((victim) => killProcess(victim)));
    return {
      target: kills.map(({ target }) => target).join(', '),
      end: async (isMended) => {
        const effects = await Promise.all(kills.map((each) => each.end(isMended)));
        const changes = await changesSince(before, pipeline);
        return {
          tookEffect: effects.every(({ tookEffect }) => tookEffect),
          evidence: [...effects.flatMap(({ evidence }) => evidence), ...changes],
        };
      },
    };
  },
};

export const restartBrokers: Fault = {
  name: 'restart-brokers',
  does: 'shuts each broker down in order, and starts it again before the next',
  expected: 'leaders move; there is a stall at each broker, and nothing else',
  example: 'restart-brokers@5s',
  lastsMs: undefined,
  problem: (plan) => needsOwnBrokers(plan),
  begin: async (pipeline) => {
    const before = await pipeline.partitions();
    const evidence: string[] = [];
    // Restart all brokers even if everything is stored meanwhile: a partial restart is half a fault.
    const restart = async (): Promise<void> => {
      for (const broker of pipeline.brokers) {
        const { name, pid } = broker;
        if (pid === undefined || pipeline.signal.aborted) continue;
        await broker.stop();
        await broker.start();
        evidence.push(`${name}, process ${pid}, was stopped and started again as process ${broker.pid}`);
      }
    };
    const done = restart();
    done.catch(() => undefined);
    return {
      target: 'all brokers',
      end: async (): Promise<Effect> => {
        await done;
        const changes = await changesSince(before, pipeline);
        return {
          tookEffect: evidence.length === pipeline.brokers.length,
          evidence: [...evidence, ...changes],
        };
      },
    };
  },
};

/** More than half of all brokers, or those that run if they are fewer. */
export const majorityOf = ({ brokers }: Pipeline): BrokerVictim[] =>
  brokers.filter(({ pid }) => pid !== undefined).slice(0, Math.floor(brokers.length / 2) + 1);

/** A broker that does not lead partition 0, if there is one. */
export async function followerOf(pipeline: Pipeline): Promise<BrokerVictim> {
  const [first] = await pipeline.partitions();
  const running = pipeline.brokers.filter(({ pid }) => pid !== undefined);
  const victim = running.find(({ nodeId }) => nodeId !== first?.leader) ?? running[0];
  if (victim === undefined) throw new Error('no broker runs');
  return victim;
}
