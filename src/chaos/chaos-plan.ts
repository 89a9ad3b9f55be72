/**
 * The random plans of `nodrop chaos`: for each day a load, safe settings, and a schedule of faults that the pipeline
 * must survive. The same seed gives the same days.
 */
import { z } from 'zod';
import { usageError } from '../errors.ts';
import { securityKinds, type SecurityKind } from '../kafka/broker/security-kind.ts';
import { Chance } from './chance.ts';
import type { PipelinePlan } from '../faults/fault.ts';
import type { StoreEngine } from '../stores/engine.ts';
import { chaosFaults, type ChaosFault } from './chaos-faults.ts';
import { Timetable, type Target } from './timetable.ts';

/** The settings that are the same on each day. */
export interface Ground {
  brokers: number;
  store: StoreEngine;
  kafkaVersion?: string | undefined;
  zookeeper?: boolean | undefined;
  security?: SecurityKind | undefined;
  /** Set if the producers write transactions; their size and the share to abort are random if left out. */
  transactions?: { size?: number | undefined; abortRate?: number | undefined } | undefined;
  /** Set for a pipeline of a user's config. */
  pipeline?: UsersGround | undefined;
}

export interface UsersGround {
  name: string;
  /** The path of the config. */
  config: string;
  processes: NonNullable<PipelinePlan['processes']>;
}

/** A plan as `chaos.json` holds it, for `--replay`. */
export const chaosPlanSchema = z.strictObject({
  schema: z.literal(1),
  /** The seed of all days, and the index of this day, from 0. */
  seed: z.int().min(0),
  index: z.int().min(0),
  brokers: z.int().min(1),
  kafkaVersion: z.string().optional(),
  zookeeper: z.boolean().optional(),
  security: z.enum(securityKinds).optional(),
  /** The pipeline of a user's config; absent for nodrop's own. */
  pipeline: z.string().optional(),
  /** Options of `nodrop run`, without those for its place and its faults. */
  options: z.array(z.string()),
  /** As arguments of `--fault`. */
  faults: z.array(z.string()),
});
export type ChaosPlan = z.infer<typeof chaosPlanSchema>;

/** Long enough for each fault to take effect, and to recover from the last. */
const sendsSeconds = { min: 11, max: 16 };
/** Several brokers can fail in more ways, and take longer until they are in sync again. */
const sendsSecondsOfCluster = { min: 14, max: 22 };
const batchesPerSecondMax = 200;
const targetsOfDay = { min: 4, max: 9 };
/** The stream of random numbers that shuffles the cards, separate from those of the days. */
const dealingStream = 2 ** 30;

/**
 * Yields one day after the other. The cards, each a fault in a phase in which it can act, are shuffled and dealt: none
 * comes again before all have been dealt.
 */
export function* chaosPlans(seed: number, ground: Ground): Generator<ChaosPlan, never> {
  const cards: Target[] = [];
  for (let index = 0, round = 0; ; index++) {
    const chance = new Chance(seed, index);
    const { options, sendsMs, plan } = loadOf(chance, ground);
    const faults = chaosFaults(plan);
    const timetable = new Timetable(chance, faults, sendsMs);
    const wanted = chance.integer(targetsOfDay.min, targetsOfDay.max);
    const all = cardsOf(faults);
    // Cards left from the last round are dealt first, and there are always enough to choose from.
    if (cards.length < all.length) cards.push(...new Chance(seed, dealingStream + round++).shuffled(all));
    for (const card of cards) {
      if (timetable.targets.length >= wanted) break;
      if (!timetable.targets.some(isSame(card))) timetable.add(card);
    }
    for (const target of timetable.targets) {
      const card = cards.findIndex(isSame(target));
      // A fault that was added as the company of another has no card.
      if (card !== -1) cards.splice(card, 1);
    }
    const { brokers, kafkaVersion, zookeeper, security } = ground;
    const kafka = { brokers, kafkaVersion, zookeeper, security };
    const pipeline = ground.pipeline && { pipeline: ground.pipeline.name };
    yield { schema: 1, seed, index, ...kafka, ...pipeline, options, faults: timetable.texts };
  }
}

const isSame =
  (one: Target) =>
  (other: Target): boolean =>
    one.fault.name === other.fault.name && one.phase === other.phase;

const cardsOf = (faults: readonly ChaosFault[]): Target[] =>
  faults.flatMap((fault) => fault.phases.map((phase) => ({ fault, phase })));

function loadOf(chance: Chance, ground: Ground): { options: string[]; sendsMs: number; plan: PipelinePlan } {
  const { min, max } = ground.brokers === 1 ? sendsSeconds : sendsSecondsOfCluster;
  const seconds = chance.integer(min, max);
  if (ground.pipeline !== undefined) return usersLoadOf(chance, ground, ground.pipeline, seconds);
  const producers = chance.happens(30) ? 2 : 1;
  const consumers = chance.happens(40) ? 2 : 1;
  const rate = chance.pick([200, 500, 1_000, 2_000]);
  // Messages are under way at any time, so that faults take effect; no more than a busy machine can send in time.
  const batchSizes = [1, 10, 100].filter((size) => size <= rate / 5 && rate / size <= batchesPerSecondMax);
  const [messagesSeed, partitions] = [chance.next(), chance.pick([1, 2, 3, 6])];
  const batchSize = chance.pick(batchSizes);
  const options = [
    `--seed=${messagesSeed}`,
    `--rate=${rate}`,
    `--duration=${seconds}s`,
    `--partitions=${partitions}`,
    `--batch-size=${batchSize}`,
    `--payload-bytes=${chance.pick([150, 200, 1_000])}`,
    `--states=${chance.pick(['failed,completed,in-progress', 'failed=1,completed=8,in-progress=1', 'PENDING,In Progress=2,200'])}`,
    `--producers=${producers}`,
    `--consumers=${consumers}`,
    ...safeSettings(chance, ground),
    ...transactionOptions(chance, ground, batchSize),
  ];
  const sendsMs = seconds * 1_000;
  const transactional = ground.transactions !== undefined;
  return { options, sendsMs, plan: { ...ground, producers, consumers, sendsMs, transactional } };
}

/** Applications of users may be slow, and a few messages at any time are enough for faults to take effect. */
function usersLoadOf(
  chance: Chance,
  { brokers }: Ground,
  { config, processes }: UsersGround,
  seconds: number,
): { options: string[]; sendsMs: number; plan: PipelinePlan } {
  const rate = chance.pick([50, 100, 200]);
  const options = [
    `--config=${config}`,
    `--seed=${chance.next()}`,
    `--rate=${rate}`,
    `--messages=${rate * seconds}`,
  ];
  const sendsMs = seconds * 1_000;
  return {
    options,
    sendsMs,
    plan: { brokers, producers: 0, consumers: 0, store: undefined, processes, sendsMs },
  };
}

/** Transactions of one batch or of some. A plan without them is the same as if they did not exist. */
function transactionOptions(chance: Chance, { transactions }: Ground, batchSize: number): string[] {
  if (transactions === undefined) return [];
  const { size = batchSize * chance.pick([1, 3]), abortRate = chance.pick([0, 0.1, 0.3]) } = transactions;
  return ['--transactional', `--transaction-size=${size}`, `--abort-rate=${abortRate}`];
}

/** Throws `usage` if the text is not a plan. */
export function parseChaosPlan(text: string, path: string): ChaosPlan {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw usageError(`${path} is not JSON.`, 'It takes the chaos.json that a run left in its folder.');
  }
  const parsed = chaosPlanSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw usageError(
    `${path} is not a plan of nodrop chaos: ${z.prettifyError(parsed.error)}`,
    'It takes the chaos.json that a run left in its folder.',
  );
}

/** None of these settings may lose acknowledged messages. */
function safeSettings(chance: Chance, { transactions }: Ground): string[] {
  const settings = [
    `compression.type=${chance.pick(['none', 'gzip', 'snappy', 'lz4', 'zstd'])}`,
    `max.in.flight.requests.per.connection=${chance.integer(1, 5)}`,
    ...(chance.happens(50) ? [`linger.ms=${chance.pick([0, 5, 50])}`] : []),
    // A consumer that reads uncommitted stores what is aborted, too.
    ...(chance.happens(50) && transactions === undefined ? ['isolation.level=read_uncommitted'] : []),
  ];
  return settings.map((setting) => `--setting=${setting}`);
}
