import { expect, test } from 'vitest';
import { chaosFaults } from '../../src/chaos/chaos-faults.ts';
import { chaosPlan, chaosPlanSchema, parseChaosPlan, type ChaosPlan } from '../../src/chaos/chaos-plan.ts';
import { faults } from '../../src/faults/catalog.ts';
import { checkSchedule, parseFault } from '../../src/faults/fault-schedule.ts';

const grounds = [1, 3].flatMap((brokers) =>
  (['sqlite', 'postgres'] as const).map((store) => ({ brokers, store })),
);
const plans = grounds.flatMap((ground) =>
  Array.from({ length: 200 }, (_, index) => ({ ground, plan: chaosPlan(7, index, ground) })),
);
const valueOf = ({ options }: ChaosPlan, name: string): string =>
  options.find((option) => option.startsWith(`--${name}=`))!.split('=')[1]!;

test('a seed and an index give the same day, and others another', () => {
  const [ground] = grounds;
  expect(chaosPlan(7, 3, ground!)).toEqual(chaosPlan(7, 3, ground!));
  expect(chaosPlan(7, 3, ground!)).not.toEqual(chaosPlan(7, 4, ground!));
  expect(chaosPlan(8, 3, ground!).options).not.toEqual(chaosPlan(7, 3, ground!).options);
});

test('each schedule is possible, and has a fault at least', () => {
  for (const { ground, plan } of plans) {
    expect(plan.faults.length).toBeGreaterThan(0);
    checkSchedule(plan.faults.map(parseFault), {
      ...ground,
      producers: Number(valueOf(plan, 'producers')),
      consumers: Number(valueOf(plan, 'consumers')),
      sendsMs: Number.parseInt(valueOf(plan, 'duration'), 10) * 1_000,
    });
  }
});

test('every safe fault has its day, and what nobody survives has none', () => {
  const scheduled = new Set(
    plans.flatMap(({ plan }) => plan.faults.map((text) => parseFault(text).fault.name)),
  );
  expect([...scheduled].sort()).toEqual(
    faults
      .map(({ name }) => name)
      .filter((name) => name !== 'delete-records')
      .sort(),
  );
});

test('on one part of the pipeline, faults come one after the other', () => {
  for (const { ground, plan } of plans) {
    const known = { ...ground, producers: 2, consumers: 2, sendsMs: 60_000 };
    const partsOf = new Map(chaosFaults(known).map(({ name, parts }) => [name, parts]));
    const ends = new Map<string, number>();
    for (const { fault, detail, atMs, lastsMs } of plan.faults.map(parseFault)) {
      const parts = partsOf.get(detail === undefined ? fault.name : `${fault.name}:${detail}`)!;
      for (const part of parts) {
        expect(atMs).toBeGreaterThanOrEqual(ends.get(part) ?? 0);
        ends.set(part, atMs + lastsMs);
      }
    }
  }
});

test('a plan is read back from its file, and what is none is refused', () => {
  const { plan } = plans[0]!;
  expect(parseChaosPlan(JSON.stringify(plan), 'x')).toEqual(chaosPlanSchema.parse(plan));
  expect(() => parseChaosPlan('{', 'x.json')).toThrow('x.json is no JSON');
  expect(() => parseChaosPlan('{}', 'x.json')).toThrow('x.json is no plan of chaos');
});
