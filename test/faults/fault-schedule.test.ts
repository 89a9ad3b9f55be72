import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { faults } from '../../src/faults/catalog.ts';
import {
  checkSchedule,
  faultFileText,
  faultText,
  parseFault,
  readFaultFile,
} from '../../src/faults/fault-schedule.ts';
import type { PipelinePlan } from '../../src/faults/fault.ts';
import { postgresEngine } from '../../src/stores/postgres/engine.ts';
import { sqliteEngine } from '../../src/stores/sqlite/engine.ts';

const plan: PipelinePlan = {
  brokers: 3,
  producers: 1,
  consumers: 1,
  store: postgresEngine,
  sendsMs: 60_000,
  transactional: true,
};
const processes = new Map([['worker', { count: 1, hasAddresses: false, isContainer: false }]]);
const newFile = (text: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-test-')), 'faults.json');
  writeFileSync(path, text);
  return path;
};

test('a fault is parsed into name, detail, value, start and duration', () => {
  const { fault, ...setting } = parseFault('latency:producer=200ms~50ms@1500ms+2m');
  expect(fault.name).toBe('latency');
  expect(setting).toEqual({ detail: 'producer', value: '200ms~50ms', atMs: 1_500, lastsMs: 120_000 });
});

test('a fault without value or duration has its defaults', () => {
  expect(parseFault('kill-leader@5s')).toMatchObject({ detail: undefined, atMs: 5_000, lastsMs: 5_000 });
  expect(parseFault('kill-leader@0s+never')).toMatchObject({ atMs: 0, lastsMs: Infinity });
  expect(parseFault('bandwidth:store@5s')).toMatchObject({ value: '100kB', lastsMs: 3_000 });
  expect(parseFault('reset_peer:store@5s')).toMatchObject({ lastsMs: 0 });
});

test('the example of each fault parses to that fault, and is possible on a large pipeline', () => {
  expect(faults.length).toBeGreaterThan(10);
  for (const fault of faults) {
    const scheduled = parseFault(fault.example);
    expect(scheduled.fault).toBe(fault);
    const isPossible = (change: Partial<PipelinePlan>): boolean =>
      fault.problem({ ...plan, ...change }, scheduled) === undefined;
    const plans = fault.usersOnly === true ? [{ processes }] : [{}, { store: sqliteEngine }];
    expect(plans.some(isPossible), fault.name).toBe(true);
  }
  expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
});

test('a schedule is read back unchanged from its file', () => {
  const schedule = [
    ...faults.map(({ example }) => parseFault(example)),
    parseFault('kill-leader@90s+never'),
    parseFault('pause-broker@1001ms+61s'),
  ];
  const read = readFaultFile(newFile(faultFileText(schedule)));
  expect(read).toEqual(schedule);
  expect(read.map(faultText).map(parseFault)).toEqual(schedule);
});

test.each([
  ['', 'takes NAME'],
  ['kill-leader', 'takes NAME'],
  ['@5s', 'takes NAME'],
  ['kill-leader@', 'takes NAME'],
  ['kill-leader@5', 'duration'],
  ['kill-leader@5s+', 'takes NAME'],
  ['kill-leader@5s+0', 'duration'],
  ['kill-leader@-5s', 'duration'],
  ['kill-leader@25h', 'duration'],
  ['kill-leader@99999m', 'up to 24 hours'],
  ['kill-leeder@5s', "no fault 'kill-leeder'"],
  ['kill-leader:partition-0@5s', 'takes nothing'],
  ['kill-consumer:nowhere@5s', 'after-store-commit'],
  ['kill-consumer:after-fetch=3@5s', 'after =, kill-consumer takes nothing'],
  ['latency:producer=fast@5s', '200ms~50ms'],
  ['latency:producer=1ms~2ms@5s', '200ms~50ms'],
  ['bandwidth:producer=0kB@5s', 'kB a second'],
  ['reset_peer:producer@5s+3s', 'takes no duration'],
  ['restart-brokers@5s+3s', 'takes no duration'],
  ['toString@5s', "no fault 'toString'"],
])('the fault %j is refused', (text, why) => {
  expect(() => parseFault(text)).toThrow(why);
  expect(() => parseFault(text)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test.each([
  ['{', 'cannot be read'],
  ['{}', 'not a list of faults'],
  ['[{"name":"kill-leader"}]', 'not a list of faults'],
  ['[{"name":"kill-leader","at":5}]', 'not a list of faults'],
  ['[{"name":"kill-leader","at":"5s","until":"9s"}]', 'not a list of faults'],
  ['[{"name":"kill-leader","at":"5s"},{"name":"kill","at":"5s"}]', 'fault 2: there is no fault'],
])('a fault file with %s is refused', (text, why) => {
  expect(() => readFaultFile(newFile(text))).toThrow(why);
});

test('a missing fault file is refused', () => {
  expect(() => readFaultFile('/nowhere/faults.json')).toThrow('/nowhere/faults.json cannot be read');
});

test.each<[string, Partial<PipelinePlan>, string]>([
  ['kill-leader@5s', { brokers: 0 }, "not nodrop's own"],
  ['kill-controller@5s', { brokers: 1 }, '--brokers 3'],
  ['kill-majority@5s', { brokers: 1 }, '--brokers 3'],
  ['cut:replication@5s', { brokers: 1 }, '--brokers 2'],
  ['cut:store@5s', { store: sqliteEngine }, '--store postgres'],
  ['cut@5s', {}, 'after a colon'],
  ['pause-consumer@5s+never', {}, 'kill it instead'],
  ['fence-producer@5s', { transactional: false }, 'add --transactional'],
  ['kill-producer:before-commit@5s', { transactional: false }, 'add --transactional'],
  ['kill-leader@60s', {}, 'all has been sent, after 1m'],
])('the fault %s is refused as impossible on a pipeline with %j', (text, odd, why) => {
  const check = (): void => checkSchedule([parseFault(text)], { ...plan, ...odd });
  expect(check).toThrow(why);
  expect(check).toThrow(expect.objectContaining({ code: 'usage' }));
});

test.each<[string, Partial<PipelinePlan>]>([
  ['lock-store@59s+5s', {}],
  ['fill-disk@59s+5s', { store: sqliteEngine }],
  ['cut:consumer@59s+5s', {}],
  ['restart-store@59s+5s', {}],
  ['pause-consumer@59s+5s', { consumers: 1 }],
])('a fault may be due after the last send while %s holds up the drain, but not later', (holder, odd) => {
  const check = (...texts: string[]): void => checkSchedule(texts.map(parseFault), { ...plan, ...odd });
  expect(() => check(holder, 'kill-leader@62s')).not.toThrow();
  expect(() => check(holder, 'kill-leader@65s')).toThrow('holds the consumer up');
});

test.each(['pause-consumer@59s+5s', 'lock-store@59s+never', 'kill-producer@59s+5s', 'lock-store@60s+5s'])(
  'a fault after the last send is refused with %s, which may not hold up the drain',
  (holder) => {
    const both = [parseFault(holder), parseFault('kill-leader@62s')];
    expect(() => checkSchedule(both, { ...plan, consumers: 2 })).toThrow('all has been sent');
  },
);
