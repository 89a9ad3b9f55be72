/**
 * Bad days by chance: for each a load, settings that are safe, and a schedule of faults that the pipeline is to
 * survive. The same seed gives the same days.
 */
import { z } from 'zod';
import { usageError } from '../errors.ts';
import { Chance } from './chance.ts';
import type { PipelinePlan } from '../faults/fault.ts';
import type { StoreEngine } from '../stores/engine.ts';
import { chaosFaults, type ChaosFault } from './chaos-faults.ts';
import { Timetable, type Target } from './timetable.ts';

/** What is the same on each of the days. */
export interface Ground {
  brokers: number;
  store: StoreEngine;
  kafkaVersion?: string | undefined;
  zookeeper?: boolean | undefined;
}

/** As it lies in a file, to be repeated. */
export const chaosPlanSchema = z.strictObject({
  schema: z.literal(1),
  /** Of the days, and which of them it is, from 0. */
  seed: z.int().min(0),
  index: z.int().min(0),
  brokers: z.int().min(1),
  kafkaVersion: z.string().optional(),
  zookeeper: z.boolean().optional(),
  /** Options of `nodrop run`, but for where it takes place and its faults. */
  options: z.array(z.string()),
  /** As arguments of `--fault`. */
  faults: z.array(z.string()),
});
export type ChaosPlan = z.infer<typeof chaosPlanSchema>;

/** For the faults of each to be felt there is enough to do, and enough time to get over the last. */
const sendsSeconds = { min: 11, max: 16 };
/** Several brokers have more ways to fail, and take their time to be in sync again. */
const sendsSecondsOfCluster = { min: 14, max: 22 };
const batchesPerSecondMax = 200;
const targetsOfDay = { min: 4, max: 9 };
/** Random numbers of the cards, apart from those of the days. */
const dealingStream = 2 ** 30;

/**
 * One day after the other. What there is to be tried, each fault in each phase in which it can act, is shuffled and
 * dealt: nothing comes again until all had its turn.
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
    // What is left from before has its turn first, and there is always enough to choose from.
    if (cards.length < all.length) cards.push(...new Chance(seed, dealingStream + round++).shuffled(all));
    for (const card of cards) {
      if (timetable.targets.length >= wanted) break;
      if (!timetable.targets.some(isSame(card))) timetable.add(card);
    }
    for (const target of timetable.targets) {
      const card = cards.findIndex(isSame(target));
      // There is none where it came to keep another one company.
      if (card !== -1) cards.splice(card, 1);
    }
    const { brokers, kafkaVersion, zookeeper } = ground;
    yield { schema: 1, seed, index, brokers, kafkaVersion, zookeeper, options, faults: timetable.texts };
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
  const producers = chance.happens(30) ? 2 : 1;
  const consumers = chance.happens(40) ? 2 : 1;
  const rate = chance.pick([200, 500, 1_000, 2_000]);
  // There is something under way at any time, or a fault would not be felt; and no more than a busy machine sends in time.
  const batchSizes = [1, 10, 100].filter((size) => size <= rate / 5 && rate / size <= batchesPerSecondMax);
  const options = [
    `--seed=${chance.next()}`,
    `--rate=${rate}`,
    `--duration=${seconds}s`,
    `--partitions=${chance.pick([1, 2, 3, 6])}`,
    `--batch-size=${chance.pick(batchSizes)}`,
    `--payload-bytes=${chance.pick([150, 200, 1_000])}`,
    `--states=${chance.pick(['failed,completed,in-progress', 'failed=1,completed=8,in-progress=1', 'a,b'])}`,
    `--producers=${producers}`,
    `--consumers=${consumers}`,
    ...safeSettings(chance),
  ];
  const sendsMs = seconds * 1_000;
  return { options, sendsMs, plan: { ...ground, producers, consumers, sendsMs } };
}

/** Throws `usage` for what is no plan. */
export function parseChaosPlan(text: string, path: string): ChaosPlan {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw usageError(`${path} is no JSON.`, 'It takes the chaos.json of a run.');
  }
  const parsed = chaosPlanSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw usageError(
    `${path} is no plan of chaos: ${z.prettifyError(parsed.error)}`,
    'It takes the chaos.json of a run.',
  );
}

/** Nothing among them may lose what was acknowledged. */
function safeSettings(chance: Chance): string[] {
  const settings = [
    `compression.type=${chance.pick(['none', 'gzip', 'snappy', 'lz4', 'zstd'])}`,
    `max.in.flight.requests.per.connection=${chance.integer(1, 5)}`,
    ...(chance.happens(50) ? [`linger.ms=${chance.pick([0, 5, 50])}`] : []),
    ...(chance.happens(50) ? ['isolation.level=read_uncommitted'] : []),
  ];
  return settings.map((setting) => `--setting=${setting}`);
}
