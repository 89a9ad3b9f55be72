/** Faults by chance, on top of whatever else is done wrong in a run. */
import { defaultEngine, engineOf } from '../../src/stores/engines.ts';
import { Chance } from '../../src/chaos/chance.ts';
import { chaosFaults, type ChaosFault } from '../../src/chaos/chaos-faults.ts';
import { parseDurationMs } from '../../src/system/duration.ts';
import { parseFault } from '../../src/faults/fault-schedule.ts';

const firstFaultMs = 300;
/** Until a part that was broken works again. */
const gapMs = 3_500;
/** Shorter than any patience that a run is given. */
const lastsMsMax = 3_000;
const faultsMax = 3;
const ofAllTries = 40;

interface Stretch {
  fromMs: number;
  toMs: number;
}

/** `--name value` as `--name=value`. */
export const joined = (args: readonly string[]): string[] =>
  args.flatMap((arg, index) => {
    const next = args[index + 1];
    if (arg.startsWith('--') && !arg.includes('=') && next !== undefined && !next.startsWith('-'))
      return [`${arg}=${next}`];
    const before = args[index - 1];
    const isValue = before?.startsWith('--') === true && !before.includes('=') && !arg.startsWith('-');
    return isValue ? [] : [arg];
  });

/** The same run with time for faults, and with some of them. They come behind those that there are. */
export function underChaos(args: readonly string[], seed: number, stream: number): string[] {
  // What is published at once is over before anything can break.
  const paced = args.flatMap((arg) => {
    if (arg === '--messages=600') return ['--rate=300', '--duration=8s'];
    return arg === '--timeout=10s' ? ['--timeout=30s'] : [arg];
  });
  return [...paced, ...faultsOnTop(paced, new Chance(seed, stream))];
}

function faultsOnTop(args: readonly string[], chance: Chance): string[] {
  const valueOf = (name: string): string | undefined =>
    args.findLast((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const store = valueOf('store');
  const sendsMs = parseDurationMs(valueOf('duration')!)!;
  const possible = chaosFaults({
    brokers: valueOf('bootstrap-server') === undefined ? Number(valueOf('brokers') ?? 1) : 0,
    producers: 1,
    consumers: Number(valueOf('consumers') ?? 1),
    store: store === undefined ? defaultEngine : engineOf(store),
    sendsMs,
  });
  const own = args
    .filter((arg) => arg.startsWith('--fault='))
    .map((arg) => parseFault(arg.slice('--fault='.length)))
    .map(({ atMs, lastsMs }): Stretch => ({ fromMs: atMs - gapMs, toMs: atMs + lastsMs + gapMs }));
  const taken: Stretch[] = [];
  const texts: string[] = [];
  for (let tries = 0; tries < ofAllTries && texts.length < faultsMax; tries++) {
    const { name, lastsMs, takesMs, earliestMs, company, ...fault } = chance.pick(possible);
    if (company !== undefined) continue;
    const lasts = lastsMs.max === 0 ? 0 : chance.integer(lastsMs.min, lastsMsMax);
    const fromMs = chance.integer(Math.max(firstFaultMs, earliestMs), sendsMs - 1_000);
    const stretch = { fromMs, toMs: fromMs + Math.max(lasts, takesMs) + gapMs };
    const meets = (others: readonly Stretch[]): boolean =>
      others.some((other) => other.fromMs < stretch.toMs && stretch.fromMs < other.toMs);
    // What was to come about in the run itself must come about.
    if (meets(taken) || (isInTheWay(fault) && meets(own))) continue;
    taken.push(stretch);
    texts.push(`--fault=${name}@${fromMs}ms${lasts === 0 ? '' : `+${lasts}ms`}`);
  }
  return texts;
}

const isInTheWay = ({ silences, on }: Pick<ChaosFault, 'silences' | 'on'>): boolean =>
  silences || on.includes('consumer');
