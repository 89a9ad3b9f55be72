/** Places the faults of a day at times at which each takes effect, so that they do not hide one another. */
import type { Chance } from './chance.ts';
import { flow, type ChaosFault } from './chaos-faults.ts';
import { beginningMs, type ChaosPhase } from './coverage.ts';

/** A fault, and the phase in which it must act. */
export interface Target {
  fault: ChaosFault;
  phase: ChaosPhase;
}

interface Act extends Target {
  /** Counted from the first send. */
  atMs: number;
  lastsMs: number;
}

interface Stretch {
  fromMs: number;
  toMs: number;
}

/** Counted from the first send. */
const firstFaultMs = 300;
/** Until a part works again after a fault: brokers must start and be in sync, consumers must join. */
const gapMs: Record<string, number> = { brokers: 8_000, consumer: 4_000 };
const gapMsElse = 2_500;
/** A user's process starts, and joins its group. */
const gapMsOfProcess = 4_000;
const gapOf = (part: string): number =>
  gapMs[part] ?? (part.startsWith('process ') ? gapMsOfProcess : gapMsElse);
/** How long the drain is prolonged after a fault, so that a broker or a consumer can recover meanwhile. */
const recoveryMs = 4_000;
/** How long before the last send a fault begins that goes on in the drain. */
const beforeDrainMs = { min: 500, max: 900 };
/** How long before the last send the fault begins that prolongs the drain: a little before the others. */
const holdsBeforeDrainMs = { min: 1_000, max: 1_300 };
/** How long after the last send a fault begins that must not delay the answers to the last sends. */
const afterDrainMs = { min: 1_500, max: 2_500 };
/** How long before the last send a storm begins: by then one guest consumer has joined, and others follow. */
const stormBeforeDrainMs = 5_000;

const holder = 'lock-store';
const storm = 'rebalance-storm';

export class Timetable {
  readonly #chance: Chance;
  readonly #faults: ReadonlyMap<string, ChaosFault>;
  readonly #sendsMs: number;
  #acts: Act[] = [];

  constructor(chance: Chance, faults: readonly ChaosFault[], sendsMs: number) {
    this.#chance = chance;
    this.#faults = new Map(faults.map((fault) => [fault.name, fault]));
    this.#sendsMs = sendsMs;
  }

  /** The faults in it, including those that were added for the sake of others. */
  get targets(): readonly Target[] {
    return this.#acts;
  }

  /** As arguments of `--fault`, in the order of their times. */
  get texts(): string[] {
    return this.#acts
      .toSorted((a, b) => a.atMs - b.atMs)
      .map(({ fault, atMs, lastsMs }) => `${fault.name}@${atMs}ms${lastsMs === 0 ? '' : `+${lastsMs}ms`}`);
  }

  /** False if there is no room for it among the others. */
  add(target: Target): boolean {
    const added = [this.#actOf(target)];
    const { company } = target.fault;
    if (company !== undefined) added.push(this.#companyOf(added[0]!, company));
    const isHeld = added.some(({ atMs }) => atMs >= this.#sendsMs);
    const acts = isHeld ? this.#holding([...this.#acts, ...added]) : [...this.#acts, ...added];
    if (!this.#areCompatible(acts)) return false;
    this.#acts = acts;
    return true;
  }

  #actOf({ fault, phase }: Target): Act {
    const lasts = this.#chance.integer(fault.lastsMs.min, fault.lastsMs.max);
    // The company needs time to begin and to end.
    const lastsMs = fault.company === undefined ? lasts : Math.max(lasts, 4_000);
    const window = this.#windowOf(fault, phase, Math.max(lastsMs, fault.takesMs));
    return { fault, phase, lastsMs, atMs: this.#chance.integer(window.fromMs, window.toMs) };
  }

  #companyOf({ fault, phase, atMs }: Act, name: string): Act {
    const company = this.#faults.get(name)!;
    // Connections must end during the fault: the end reaches the other side late, which is the fault's only effect.
    return { fault: company, phase, atMs: atMs + 600, lastsMs: Math.min(fault.lastsMs.max, 1_500) };
  }

  /** When the fault may begin. */
  #windowOf({ name, earliestMs, spansDrain }: ChaosFault, phase: ChaosPhase, takesMs: number): Stretch {
    const ends = this.#sendsMs;
    if (phase === 'beginning') return { fromMs: Math.max(firstFaultMs, earliestMs), toMs: beginningMs - 200 };
    if (phase === 'sending') {
      const fromMs = beginningMs + 200;
      return { fromMs, toMs: Math.max(fromMs + 300, ends - takesMs - 1_000) };
    }
    if (!spansDrain) return { fromMs: ends + afterDrainMs.min, toMs: ends + afterDrainMs.max };
    if (name === storm) return { fromMs: ends - stormBeforeDrainMs, toMs: ends - stormBeforeDrainMs + 300 };
    const { min, max } = name === holder ? holdsBeforeDrainMs : beforeDrainMs;
    return { fromMs: ends - max, toMs: ends - min };
  }

  /** Adds a lock of the store until all others are over, which prolongs the drain. */
  #holding(acts: readonly Act[]): Act[] {
    const others = acts.filter(({ fault, phase }) => !(fault.name === holder && phase === 'draining'));
    const ends = others.filter(({ atMs }) => atMs >= this.#sendsMs).map(overAtMs);
    const known = acts.find((act) => !others.includes(act));
    const locking = known ?? this.#actOf({ fault: this.#faults.get(holder)!, phase: 'draining' });
    return [...others, { ...locking, lastsMs: Math.max(...ends) + recoveryMs - locking.atMs }];
  }

  #areCompatible(acts: readonly Act[]): boolean {
    // A fault that delays sends delays the drain by an unknown time: it would begin too late for the faults in it.
    const isLate = acts.some(({ fault, atMs }) => atMs < this.#sendsMs && holdsSends(fault));
    if (isLate && acts.some(({ phase }) => phase === 'draining')) return false;
    return acts.every((act, index) => acts.slice(0, index).every((other) => !this.#hide(act, other)));
  }

  #hide(one: Act, other: Act): boolean {
    if (!meet(unrestOf(one), unrestOf(other))) return false;
    const shared = one.fault.on.some((part) => other.fault.on.includes(part));
    const locked = keepsLock(one, other) || keepsLock(other, one);
    return shared || locked || this.#silences(one, other) || this.#silences(other, one);
  }

  #silences(one: Act, other: Act): boolean {
    if (!one.fault.silences || other.fault.company === one.fault.name) return false;
    const isNeeded = one.fault.on.some((part) => other.fault.needs.includes(part));
    return isNeeded && meet(unrestOf(one), this.#needOf(other));
  }

  /** A fault that begins before the last send needs its parts only until then. */
  #needOf(act: Act): Stretch {
    const { fromMs, toMs } = unrestOf(act);
    return { fromMs, toMs: act.atMs < this.#sendsMs ? Math.min(toMs, this.#sendsMs) : toMs };
  }
}

const holdsSends = ({ on }: ChaosFault): boolean => on.some((part) => flow.includes(part));

/** A writer that is suspended within a transaction holds the lock that the other fault wants. */
const keepsLock = (one: Act, other: Act): boolean =>
  one.fault.name === 'pause-consumer' &&
  other.fault.name === holder &&
  one.atMs <= other.atMs &&
  other.atMs < overAtMs(one);

const overAtMs = ({ fault, atMs, lastsMs }: Act): number => atMs + Math.max(lastsMs, fault.takesMs);

/** The time until everything is as it was before. */
const unrestOf = (act: Act): Stretch => ({
  fromMs: act.atMs,
  toMs: overAtMs(act) + Math.max(...act.fault.on.map(gapOf)),
});

const meet = (one: Stretch, other: Stretch): boolean => one.fromMs < other.toMs && other.fromMs < one.toMs;
