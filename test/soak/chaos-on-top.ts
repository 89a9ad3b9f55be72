/** Random faults, in addition to the defect of a run. */
import { defaultEngine, engineOf } from '../../src/stores/engines.ts';
import { Chance } from '../../src/chaos/chance.ts';
import { chaosFaults, type ChaosFault } from '../../src/chaos/chaos-faults.ts';
import { parseDurationMs } from '../../src/system/duration.ts';
import { parseFault } from '../../src/faults/fault-schedule.ts';

const firstFaultMs = 300;
/** The time that a broken part needs to recover. */
const gapMs = 3_500;
/** Shorter than any time limit of these runs. */
const lastsMsMax = 3_000;
const faultsMax = 3;
const ofAllTries = 40;

interface Stretch {
  fromMs: number;
  toMs: number;
}

/** Turns `--name value` into `--name=value`. */
export const joined = (args: readonly string[]): string[] =>
  args.flatMap((arg, index) => {
    const next = args[index + 1];
    if (arg.startsWith('--') && !arg.includes('=') && next !== undefined && !next.startsWith('-'))
      return [`${arg}=${next}`];
    const before = args[index - 1];
    const isValue = before?.startsWith('--') === true && !before.includes('=') && !arg.startsWith('-');
    return isValue ? [] : [arg];
  });

/** The arguments of the same run with enough time for faults, and with random faults after its own. */
export function underChaos(args: readonly string[], seed: number, stream: number): string[] {
  // A run that publishes all at once would be over before a fault begins.
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
    // The defect of the run itself must still occur.
    if (meets(taken) || (isInTheWay(fault) && meets(own))) continue;
    taken.push(stretch);
    texts.push(`--fault=${name}@${fromMs}ms${lasts === 0 ? '' : `+${lasts}ms`}`);
  }
  return texts;
}

const isInTheWay = ({ silences, on }: Pick<ChaosFault, 'silences' | 'on'>): boolean =>
  silences || on.includes('consumer');
