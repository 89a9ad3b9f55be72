/**
 * A bad day by chance: a load, settings that are safe, and a schedule of faults that the pipeline is to survive.
 * The same seed and index give the same day.
 */
import { z } from 'zod';
import { usageError } from '../errors.ts';
import { Chance } from './chance.ts';
import { chaosFaults, type ChaosFault } from './chaos-faults.ts';

/** What is the same on each of the days. */
export interface Ground {
  brokers: number;
  store: 'sqlite' | 'postgres';
}

/** As it lies in a file, to be repeated. */
export const chaosPlanSchema = z.strictObject({
  schema: z.literal(1),
  /** Of the days, and which of them it is, from 0. */
  seed: z.int().min(0),
  index: z.int().min(0),
  brokers: z.int().min(1),
  /** Options of `nodrop run`, but for where it takes place and its faults. */
  options: z.array(z.string()),
  /** As arguments of `--fault`. */
  faults: z.array(z.string()),
});
export type ChaosPlan = z.infer<typeof chaosPlanSchema>;

/** For the faults of each to be felt there is enough to do, and enough time to get over the last. */
const sendsSeconds = { min: 10, max: 16 };
const faultsMax = 4;
/** From the first send on. */
const firstFaultMs = 300;
/** Between two that act on one part of the pipeline: it has to be there again, and brokers in sync. */
const gapMs = { brokers: 8_000, consumer: 4_000 } as Record<string, number>;
const gapMsElse = 2_500;

export function chaosPlan(seed: number, index: number, ground: Ground): ChaosPlan {
  const chance = new Chance(seed, index);
  const seconds = chance.integer(sendsSeconds.min, sendsSeconds.max);
  const producers = chance.happens(30) ? 2 : 1;
  const consumers = chance.happens(40) ? 2 : 1;
  const options = [
    `--seed=${chance.next()}`,
    `--rate=${chance.pick([200, 500, 1_000, 2_000])}`,
    `--duration=${seconds}s`,
    `--partitions=${chance.pick([1, 2, 3, 6])}`,
    `--batch-size=${chance.pick([1, 10, 100, 500])}`,
    `--payload-bytes=${chance.pick([150, 200, 1_000])}`,
    `--states=${chance.pick(['failed,completed,in-progress', 'failed=1,completed=8,in-progress=1', 'a,b'])}`,
    `--producers=${producers}`,
    `--consumers=${consumers}`,
    ...safeSettings(chance),
  ];
  const known = { ...ground, producers, consumers, sendsMs: seconds * 1_000 };
  const faults = scheduleOf(chance, chaosFaults(known), known.sendsMs);
  return { schema: 1, seed, index, brokers: ground.brokers, options, faults };
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

/** Faults on different parts of the pipeline may act at once; on one part they come one after the other. */
function scheduleOf(chance: Chance, possible: readonly ChaosFault[], sendsMs: number): string[] {
  const wanted = chance.integer(1, faultsMax);
  const freeAtMs = new Map<string, number>();
  const faults: { atMs: number; text: string }[] = [];
  for (const { name, parts, lastsMs, takesMs } of chance.shuffled(possible)) {
    if (faults.length === wanted) break;
    const lasts = chance.integer(lastsMs.min, lastsMs.max);
    const earliest = Math.max(firstFaultMs, ...parts.map((part) => freeAtMs.get(part) ?? 0));
    // What begins shortly before all is sent acts while the pipeline drains.
    const latest = sendsMs - 500;
    if (earliest > latest) continue;
    const atMs = chance.integer(earliest, latest);
    for (const part of parts)
      freeAtMs.set(part, atMs + Math.max(lasts, takesMs) + (gapMs[part] ?? gapMsElse));
    faults.push({ atMs, text: `${name}@${atMs}ms${lastsMs.max === 0 ? '' : `+${lasts}ms`}` });
  }
  return faults.sort((a, b) => a.atMs - b.atMs).map(({ text }) => text);
}
