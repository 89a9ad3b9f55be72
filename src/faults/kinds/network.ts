/** Faults of the network. A run whose schedule has one of them sends its connections through proxies. */
import type { StoreEngine } from '../../stores/engine.ts';
import { parseDurationMs } from '../../system/duration.ts';
import type { Fault, FaultSetting, NetworkLink, Pipeline, PipelinePlan, Underway } from '../fault.ts';
import { needsOwnBrokers } from './kill-broker.ts';
import type { Direction } from '../proxy/tcp-proxy.ts';
import { bandwidth, cut, latency, slowClose, type Toxic } from '../proxy/toxics.ts';
import { counted, were } from '../../text/counted.ts';

export const linkNames = ['producer', 'consumer', 'replication', 'store'] as const;
export type LinkName = (typeof linkNames)[number];

const lastsMs = 3_000;
const bothWays: readonly Direction[] = ['up', 'down'];

/** The link that a detail names. */
export const linkOf = (detail: string): LinkName => detail.replace(/-acks$/, '') as LinkName;

const problem = (plan: PipelinePlan, { detail }: FaultSetting): string | undefined =>
  problemOfLink(plan, detail, detail);

/** `name`: of the link that the detail means. */
function problemOfLink(
  plan: PipelinePlan,
  detail: string | undefined,
  name: string | undefined,
): string | undefined {
  const known = [...(plan.processes?.keys() ?? linkNames)];
  if (plan.processes !== undefined) known.push('replication');
  if (detail === undefined) return `it takes one of these after a colon: ${known.join(', ')}`;
  const link = known.find((each) => each === name);
  if (link === undefined) return `there is no '${detail}' whose network it could break: ${known.join(', ')}`;
  if (link === 'replication' && plan.processes?.has(link) !== true) return needsOwnBrokers(plan, 2);
  if (plan.processes !== undefined) return problemOfProcess(plan, link);
  return link === 'store' ? needsStoreServer(plan.store) : needsOwnBrokers(plan);
}

/** A process whose address of the brokers is not nodrop's to change may still reach others through proxies. */
function problemOfProcess(plan: PipelinePlan, name: string): string | undefined {
  if (plan.processes!.get(name)!.hasAddresses || plan.brokers > 0) return undefined;
  return `${needsOwnBrokers(plan)}, or give ${name} the address of a sink by {url:NAME}`;
}

export const needsStoreServer = (engine: StoreEngine | undefined): string | undefined =>
  engine?.server === undefined
    ? `nothing lies between a consumer and ${engine?.title}: --store postgres://…`
    : undefined;

/** Among the known links, that which the detail names, by itself or with `-acks`. */
export const linkNameIn = (detail: string, known: readonly string[]): string | undefined =>
  [detail, linkOf(detail)].find((name) => known.includes(name));

function linkIn({ links }: Pipeline, { detail }: FaultSetting): NetworkLink {
  return links.get(linkNameIn(detail!, [...links.keys()])!)!;
}

/** Adds one toxic for each direction, to all connections of a link. */
export function onLink(link: NetworkLink, directions: readonly Direction[], make: () => Toxic): Underway {
  const added = directions.map((direction) => {
    const toxic = make();
    return { direction, toxic, remove: link.add(toxic, direction) };
  });
  return {
    target: link.name,
    end: async (isMended) => {
      const evidence = added.flatMap(({ direction, toxic }) => {
        const effect = toxic.effect();
        return effect === undefined ? [] : [`${link.name}, ${wayOf[direction]}: ${effect}`];
      });
      if (isMended) for (const { remove } of added) remove();
      const nothing = [`${link.name}: nothing passed`];
      return { tookEffect: evidence.length > 0, evidence: evidence.length > 0 ? evidence : nothing };
    },
  };
}

const wayOf: Record<Direction, string> = { up: 'there', down: 'back' };

export const cutLink: Fault = {
  name: 'cut',
  does: 'blocks all data between two parts; with -acks, only the answers',
  expected: 'sends in doubt have one effect or none; the parts catch up afterwards',
  example: 'cut:producer-acks@12s+3s',
  lastsMs,
  details: [...linkNames, 'producer-acks', 'consumer-acks', 'store-acks'],
  takesProcess: 'name',
  holdsDrain: (_, { detail }) => detail === 'consumer' || detail === 'store',
  problem: (plan, { detail }) => {
    const known = [...(plan.processes?.keys() ?? []), ...linkNames];
    return problemOfLink(plan, detail, detail && linkNameIn(detail, known));
  },
  begin: async (pipeline, setting) => {
    const isWhole = pipeline.links.has(setting.detail!);
    return onLink(linkIn(pipeline, setting), isWhole ? bothWays : ['down'], cut);
  },
};

export const latencyOnLink: Fault = {
  name: 'latency',
  does: 'delays all data between two parts, by a time with a jitter',
  expected: 'slower, and nothing else',
  example: 'latency:producer=200ms~50ms@5s+5s',
  lastsMs,
  details: linkNames,
  takesProcess: 'name',
  value: {
    form: 'TIME or TIME~JITTER, such as 200ms~50ms',
    standard: '100ms~20ms',
    isRight: (value) => latencyOf(value) !== undefined,
  },
  problem,
  begin: async (pipeline, setting) => {
    const [latencyMs, jitterMs] = latencyOf(setting.value!)!;
    return onLink(linkIn(pipeline, setting), bothWays, () => latency(latencyMs, jitterMs, Math.random));
  },
};

function latencyOf(value: string): [number, number] | undefined {
  const [time = '', jitter = '0ms', ...more] = value.split('~');
  const [latencyMs, jitterMs] = [parseDurationMs(time), parseDurationMs(jitter)];
  if (latencyMs === undefined || jitterMs === undefined || more.length > 0 || jitterMs > latencyMs)
    return undefined;
  return [latencyMs, jitterMs];
}

export const bandwidthOfLink: Fault = {
  name: 'bandwidth',
  does: 'limits each connection between two parts to this many kB a second',
  expected: 'slower, and nothing else',
  example: 'bandwidth:consumer=64kB@5s+5s',
  lastsMs,
  details: linkNames,
  takesProcess: 'name',
  value: { form: 'kB a second, such as 64kB', standard: '100kB', isRight: (value) => kilobytesOf(value) > 0 },
  problem,
  begin: async (pipeline, setting) =>
    onLink(linkIn(pipeline, setting), bothWays, () => bandwidth(1_000 * kilobytesOf(setting.value!))),
};

const kilobytesOf = (value: string): number => Number(/^([1-9]\d{0,8})kB$/.exec(value)?.[1] ?? 0);

export const slowCloseOnLink: Fault = {
  name: 'slow_close',
  does: 'delays the end of each connection between two parts',
  expected: 'nothing: the other side notices a lost peer in other ways',
  example: 'slow_close:consumer=2s@5s+5s',
  lastsMs,
  details: linkNames,
  takesProcess: 'name',
  value: {
    form: 'a duration, such as 2s',
    standard: '1s',
    isRight: (value) => parseDurationMs(value) !== undefined,
  },
  problem,
  begin: async (pipeline, setting) =>
    onLink(linkIn(pipeline, setting), bothWays, () => slowClose(parseDurationMs(setting.value!)!)),
};

export const resetPeer: Fault = {
  name: 'reset_peer',
  does: 'resets all connections between two parts',
  expected: 'they connect again; sends in doubt have one effect or none',
  example: 'reset_peer:producer@5s',
  lastsMs: undefined,
  details: linkNames,
  takesProcess: 'name',
  problem,
  begin: async (pipeline, setting) => {
    const link = linkIn(pipeline, setting);
    const count = link.reset();
    const evidence = [`${link.name}: ${counted(count, 'connection')} ${were(count)} reset`];
    return { target: link.name, end: async () => ({ tookEffect: count > 0, evidence }) };
  },
};
