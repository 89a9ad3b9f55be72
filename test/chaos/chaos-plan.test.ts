import { expect, test } from 'vitest';
import { chaosFaults } from '../../src/chaos/chaos-faults.ts';
import {
  chaosPlans,
  chaosPlanSchema,
  parseChaosPlan,
  type ChaosPlan,
  type Ground,
} from '../../src/chaos/chaos-plan.ts';
import { chaosPhases, Coverage } from '../../src/chaos/coverage.ts';
import type { TimedRunEvent } from '../../src/run-folder/run-events.ts';
import { faults } from '../../src/faults/catalog.ts';
import { engines } from '../../src/stores/engines.ts';
import { checkSchedule, parseFault } from '../../src/faults/fault-schedule.ts';

const grounds = [1, 3].flatMap((brokers) =>
  engines.flatMap((store): Ground[] => [
    { brokers, store },
    { brokers, store, transactions: {} },
  ]),
);
function first(seed: number, ground: Ground, count: number): ChaosPlan[] {
  const days = chaosPlans(seed, ground);
  return Array.from({ length: count }, () => days.next().value);
}
const series = grounds.map((ground) => ({ ground, plans: first(7, ground, 200) }));
const plans = series.flatMap(({ ground, plans: some }) => some.map((plan) => ({ ground, plan })));
const valueOf = ({ options }: ChaosPlan, name: string): string =>
  options.find((option) => option.startsWith(`--${name}=`))!.split('=')[1]!;

const sendsMsOf = (plan: ChaosPlan): number => Number.parseInt(valueOf(plan, 'duration'), 10) * 1_000;
const faultsOn = (ground: Ground) =>
  chaosFaults({
    ...ground,
    producers: 1,
    consumers: 1,
    sendsMs: undefined,
    transactional: ground.transactions !== undefined,
  });
const byName = (one: string, other: string): number => (one < other ? -1 : 1);

/** The events if all goes to plan: the first send is at 0, and the drain is long enough. */
function eventsOf(plan: ChaosPlan, ground: Ground): TimedRunEvent[] {
  const sendsMs = sendsMsOf(plan);
  const endsMs = sendsMs + 30_000;
  const takes = new Map(faultsOn(ground).map(({ name, takesMs }) => [name, takesMs]));
  const acts = plan.faults.map(parseFault).flatMap(({ fault, atMs, lastsMs }, index) => {
    const record = {
      name: fault.name,
      schedule: plan.faults[index]!,
      target: 'x',
      startMs: atMs,
      evidence: [],
    };
    return [
      { type: 'fault' as const, index, time: atMs, fault: { ...record, endMs: null, tookEffect: false } },
      {
        type: 'fault' as const,
        index,
        time: fault.lastsToEnd ? endsMs : atMs + Math.max(lastsMs, takes.get(fault.name) ?? 0),
        fault: { ...record, endMs: atMs + lastsMs, tookEffect: true },
      },
    ];
  });
  return [
    { type: 'phase', phase: 'publishing', time: 0 },
    ...acts,
    { type: 'phase', phase: 'draining', time: sendsMs },
    { type: 'phase', phase: 'auditing', time: endsMs },
  ];
}

test('the same seed gives the same plans, and another seed gives others', () => {
  const [ground] = grounds;
  expect(first(7, ground!, 5)).toEqual(first(7, ground!, 5));
  const [one, two] = first(7, ground!, 2);
  expect(one!.options).not.toEqual(two!.options);
  expect(first(8, ground!, 1)[0]!.options).not.toEqual(one!.options);
});

test('each planned schedule is possible, and has at least one fault', () => {
  for (const { ground, plan } of plans) {
    expect(plan.faults.length).toBeGreaterThan(0);
    checkSchedule(plan.faults.map(parseFault), {
      ...ground,
      producers: Number(valueOf(plan, 'producers')),
      consumers: Number(valueOf(plan, 'consumers')),
      sendsMs: sendsMsOf(plan),
      transactional: ground.transactions !== undefined,
    });
  }
});

test('plans contain every fault of the own pipeline except delete-records, which no run survives', () => {
  const scheduled = new Set(
    plans.flatMap(({ plan }) => plan.faults.map((text) => parseFault(text).fault.name)),
  );
  const own = faults.filter(({ usersOnly }) => usersOnly !== true).map(({ name }) => name);
  const safe = own.filter((name) => name !== 'delete-records');
  expect([...scheduled].toSorted(byName)).toEqual(safe.toSorted(byName));
});

test('within 70 plans, each fault is due in each phase in which it can act', () => {
  for (const { ground, plans: days } of series) {
    const planned = new Coverage(faultsOn(ground));
    for (const day of days.slice(0, 70)) planned.add(eventsOf(day, ground));
    const empty = Object.entries(planned.table).flatMap(([name, row]) =>
      chaosPhases.filter((phase) => row[phase] === 0).map((phase) => `${name} while ${phase}`),
    );
    expect(empty, JSON.stringify(ground)).toEqual([]);
  }
});

test('faults on the same part do not overlap, and no fault silences a part that another needs', () => {
  for (const { ground, plan } of plans) {
    const known = new Map(faultsOn(ground).map((fault) => [fault.name, fault]));
    const acts = plan.faults.map(parseFault).map(({ fault, detail, atMs, lastsMs }) => {
      const traits = known.get(detail === undefined ? fault.name : `${fault.name}:${detail}`)!;
      return { traits, atMs, toMs: atMs + Math.max(lastsMs, traits.takesMs) };
    });
    for (const one of acts) {
      for (const other of acts) {
        if (one === other || one.atMs > other.toMs || other.atMs > one.toMs) continue;
        const text = `${plan.faults.join(' ')}: ${one.traits.name} and ${other.traits.name}`;
        expect(
          one.traits.on.filter((part) => other.traits.on.includes(part)),
          text,
        ).toEqual([]);
        // A fault that began before the last send no longer needs the silenced part.
        const isHeld = other.atMs < sendsMsOf(plan) && one.atMs >= sendsMsOf(plan);
        if (!one.traits.silences || isHeld || other.traits.company === one.traits.name) continue;
        expect(
          one.traits.on.filter((part) => other.traits.needs.includes(part)),
          text,
        ).toEqual([]);
      }
    }
  }
});

test('a plan is read back from its file, and an invalid file is refused', () => {
  const { plan } = plans[0]!;
  expect(parseChaosPlan(JSON.stringify(plan), 'x')).toEqual(chaosPlanSchema.parse(plan));
  expect(() => parseChaosPlan('{', 'x.json')).toThrow('x.json is not JSON');
  expect(() => parseChaosPlan('{}', 'x.json')).toThrow('x.json is not a plan of nodrop chaos');
});

test('no plan locks the store while a paused consumer may hold the lock', () => {
  for (const { plan } of plans) {
    const acts = plan.faults.map(parseFault);
    const sleeps = acts.filter(({ fault }) => fault.name === 'pause-consumer');
    for (const { fault, atMs } of acts) {
      if (fault.name !== 'lock-store') continue;
      const asleep = sleeps.filter((sleep) => sleep.atMs <= atMs && atMs < sleep.atMs + sleep.lastsMs);
      expect(asleep, plan.faults.join(' ')).toEqual([]);
    }
  }
});

test('plans with transactions never read uncommitted, and plans without them have no transactions', () => {
  for (const { ground, plan } of plans) {
    const isTransactional = plan.options.includes('--transactional');
    expect(isTransactional).toBe(ground.transactions !== undefined);
    const readsUncommitted = plan.options.includes('--setting=isolation.level=read_uncommitted');
    expect(isTransactional && readsUncommitted).toBe(false);
  }
});
