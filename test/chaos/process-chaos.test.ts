/** Random bad days for the processes of a user: faults by name, each where it can take effect. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Chance } from '../../src/chaos/chance.ts';
import { chaosFaults } from '../../src/chaos/chaos-faults.ts';
import { chaosPlans, parseChaosPlan } from '../../src/chaos/chaos-plan.ts';
import { Timetable } from '../../src/chaos/timetable.ts';
import { checkSchedule, parseFault } from '../../src/faults/fault-schedule.ts';
import type { PipelinePlan } from '../../src/faults/fault.ts';
import { defaultEngine } from '../../src/stores/engines.ts';

const sendsMs = 20_000;
const process = { count: 1, hasAddresses: false, isContainer: false };
const planOf = (brokers: number): PipelinePlan => ({
  brokers,
  producers: 0,
  consumers: 0,
  store: undefined,
  sendsMs,
  processes: new Map([
    ['api', { ...process, hasAddresses: true }],
    ['worker', { ...process, count: 2 }],
    ['boxed', { ...process, isContainer: true }],
  ]),
});

const namesOf = (brokers: number): string[] => chaosFaults(planOf(brokers)).map(({ name }) => name);

test('each process has each fault that it survives, and a container none that would not reach it', () => {
  const names = namesOf(1);
  const onEach = [
    'restart-process',
    'rebalance-storm',
    'cut',
    'latency',
    'bandwidth',
    'slow_close',
    'reset_peer',
  ];
  for (const name of ['api', 'worker']) {
    expect(names).toEqual(
      expect.arrayContaining(['kill-process', 'pause-process', ...onEach].map((fault) => `${fault}:${name}`)),
    );
  }
  expect(names).toContain('cut:worker-acks');
  expect(names.filter((name) => name.endsWith(':boxed'))).not.toContain('kill-process:boxed');
  expect(names).toEqual(expect.arrayContaining(['kill-leader', 'restart-brokers', 'cut:boxed']));
  expect(names.join()).not.toMatch(/kill-consumer|lock-store|poison|cut:producer|delete/);
  expect(new Set(names).size).toBe(names.length);
});

test('where the brokers are not of the run, only processes are broken, and the ways of those with addresses', () => {
  const names = namesOf(0);
  expect(names).toEqual(expect.arrayContaining(['kill-process:worker', 'cut:api']));
  expect(names.join()).not.toMatch(/leader|broker|controller|replication|cut:worker/);
});

test('any day of such faults is possible, begins before all is sent, and breaks no part twice at a time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.constantFrom(1, 3), (seed, brokers) => {
      const plan = planOf(brokers);
      const known = chaosFaults(plan);
      const chance = new Chance(seed, 0);
      const timetable = new Timetable(chance, known, sendsMs);
      const cards = chance.shuffled(
        known.flatMap((fault) => fault.phases.map((phase) => ({ fault, phase }))),
      );
      for (const card of cards.slice(0, 12)) timetable.add(card);
      const schedule = timetable.texts.map(parseFault);
      expect(schedule.length).toBeGreaterThan(0);
      expect(() => checkSchedule(schedule, plan)).not.toThrow();
      const acts = schedule.map(({ fault, detail, atMs, lastsMs }) => {
        const name = detail === undefined ? fault.name : `${fault.name}:${detail}`;
        const traits = known.find((each) => each.name === name)!;
        return { traits, atMs, toMs: atMs + Math.max(lastsMs, traits.takesMs) };
      });
      const both = acts.flatMap((one, at) => acts.slice(0, at).map((other) => [one, other] as const));
      const meeting = both.filter(([one, other]) => one.atMs < other.toMs && other.atMs < one.toMs);
      const sharing = meeting.filter(([one, other]) =>
        one.traits.on.some((part) => other.traits.on.includes(part)),
      );
      expect(sharing.map((pair) => pair.map(({ traits }) => traits.name))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("the plans for a user's pipeline name it, its config and its processes, and can be read again", () => {
  const pipeline = { name: 'orders', config: '/etc/nodrop.config.yaml', processes: planOf(1).processes! };
  const plans = chaosPlans(7, { brokers: 1, store: defaultEngine, pipeline });
  for (const plan of [plans.next().value, plans.next().value]) {
    expect(parseChaosPlan(JSON.stringify(plan), 'chaos.json')).toEqual(plan);
    expect(plan.pipeline).toBe('orders');
    expect(plan.options).toContain('--config=/etc/nodrop.config.yaml');
    const schedule = plan.faults.map((fault) => parseFault(fault));
    expect(() => checkSchedule(schedule, { ...planOf(1), sendsMs: undefined })).not.toThrow();
    expect(schedule.length).toBeGreaterThan(0);
  }
});
