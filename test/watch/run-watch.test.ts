import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { EventLog } from '../../src/run-folder/event-log.ts';
import { JournalWriter } from '../../src/run-folder/journal/journal-writer.ts';
import { LatencyLog } from '../../src/run-folder/latency-log.ts';
import { LedgerWriter } from '../../src/run-folder/ledger/ledger-writer.ts';
import type { FaultRecord } from '../../src/result/result.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { Workload } from '../../src/workload/workload.ts';
import { RunWatch } from '../../src/watch/run-watch.ts';
import { wallClockMs } from '../../src/system/wall-clock.ts';
import { runManifest } from '../fixtures/run-manifest.ts';

let folder: RunFolder;
let watch: RunWatch;
beforeEach(() => {
  folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-watch-')), 'r');
  folder.create();
  watch = new RunWatch(folder);
});

/** A process id that no process has. */
const gone = 2 ** 22 + 1;
const manifest = { ...runManifest(100), base: { 0: 5, 1: 0 } };
const categories = manifest.states.map(({ name }) => name);
const range = (partition: number, first: number, end: number) => ({ partition, first, end });

const openLedger = (pid = gone): LedgerWriter =>
  new LedgerWriter(folder.file('ledger-p0-0.bin'), { run: 'r', producer: 0, session: 0, pid });
const openJournal = (number = 1, pid = gone): JournalWriter =>
  new JournalWriter(folder.file(`journal-${number}.bin`), {
    run: 'r',
    topicId: 't',
    store: 's',
    categories,
    pid,
  });

test('an empty run folder gives no counts and no series', () => {
  watch.look();
  expect(watch.progress()).toMatchObject({ run: 'r', topic: null, planned: null, phase: null, ended: null });
  expect(watch.progress().sent).toEqual({ count: 0, byState: {} });
  expect(watch.series()).toBeNull();
});

test('acknowledged messages of aborted transactions are counted as aborted, once their end is known', () => {
  folder.writeManifest(manifest);
  const ledger = openLedger();
  const send = (transaction: number, first: number, count: number): void => {
    ledger.begin(transaction);
    ledger.intend(first, count);
    const sequences = Array.from({ length: count }, (_, index) => first + index);
    ledger.record({ outcome: 'acked', partition: 0, offset: 5 + first, errorCode: 0, sequences });
  };
  const aborted = (): number => {
    watch.look();
    return watch.progress().aborted;
  };
  send(0, 0, 4);
  expect(aborted()).toBe(0);
  ledger.requestEnd(0, false);
  expect(aborted()).toBe(4);
  ledger.end(0, 'aborted', 0);
  send(1, 4, 2);
  ledger.requestEnd(1, true);
  ledger.end(1, 'committed', 0);
  expect(aborted()).toBe(4);
  send(2, 6, 3);
  ledger.requestEnd(2, true);
  ledger.end(2, 'aborted', 90);
  expect(aborted()).toBe(7);
  expect(watch.progress().acked.count).toBe(9);
});

test('each look adds new entries of ledger and journal to the counts by state, the partitions and the series', () => {
  folder.writeManifest(manifest);
  const ledger = openLedger();
  ledger.intend(0, 10);
  watch.look();
  const workload = new Workload(manifest);
  const byState = Object.fromEntries(categories.map((name) => [name, 0]));
  for (let sequence = 0; sequence < 10; sequence++) byState[categories[workload.stateOf(0, sequence)]!]! += 1;
  expect(watch.progress().sent).toEqual({ count: 10, byState });
  expect(watch.progress().acked.count).toBe(0);

  const outcome = { partition: 0, errorCode: 0 };
  ledger.record({ ...outcome, outcome: 'acked', offset: 5, sequences: [0, 1, 2, 3, 4, 5] });
  ledger.record({ ...outcome, outcome: 'rejected', offset: -1, sequences: [6] });
  ledger.record({ ...outcome, outcome: 'unknown', offset: -1, sequences: [7, 8] });
  const journal = openJournal();
  journal.beginEpoch(3);
  journal.delivered([range(0, 5, 9)], [1, 2, 1]);
  watch.look();
  expect(watch.progress()).toMatchObject({
    planned: 100,
    acked: { count: 6 },
    rejected: 1,
    unknown: 2,
    consumed: { count: 4, byState: { [categories[0]!]: 1, [categories[1]!]: 2, 'dead-letters': 1 } },
    stored: { count: 0 },
    partitions: [
      { partition: 0, leader: null, acked: 11, stored: 5, lag: 6 },
      { partition: 1, leader: null, acked: 0, stored: 0, lag: 0 },
    ],
  });

  const rows = { count: 4, partition: [0, 0, 0, 0], offset: [5, 6, 7, 8], code: [0, 1, 1, 255] };
  journal.written([range(0, 5, 9)], rows);
  journal.beginEpoch(4);
  journal.delivered([range(0, 9, 11)], [2, 0, 0]);
  journal.refused([range(0, 9, 11)]);
  watch.look();
  watch.look();
  const progress = watch.progress();
  expect(progress.stored).toEqual({
    count: 4,
    byState: { [categories[0]!]: 1, [categories[1]!]: 2, 'dead-letters': 1 },
  });
  expect(progress).toMatchObject({ consumed: { count: 6 }, refusedWrites: 1, partitions: [{ lag: 2 }, {}] });
  const series = watch.series()!;
  const total = (rates: readonly number[]): number =>
    rates.reduce((sum, rate, step) => sum + (rate * series.stepMs[step]!) / 1_000, 0);
  expect([series.sent, series.acked, series.consumed, series.stored].map(total)).toEqual([10, 6, 6, 4]);
  expect(series.lag.at(-1)).toBe(2);
  expect(series.rebalances.map(({ epoch }) => epoch)).toEqual([4]);
});

test('the series has the latencies of the logs, even if two time steps were merged', () => {
  const startMs = Math.floor(wallClockMs() / 1_000) * 1_000 - 500_000;
  const log = new LatencyLog(folder.file('latency-acked-p0.hlog'), startMs);
  for (let second = 0; second < 400; second++) log.record(second < 2 ? 10 : 20, 5, startMs + second * 1_000);
  watch.look();
  log.close();
  watch.look();
  const { latency, stepMs } = watch.series()!;
  expect(stepMs[0]).toBeGreaterThan(1_000);
  expect(latency.acked.p50[0]).toBeCloseTo(10, 1);
  expect(latency.acked.max[0]).toBeCloseTo(stepMs[0]! > 2_000 ? 20 : 10, 1);
  expect(latency.acked.p99.at(-1)).toBeCloseTo(20, 1);
  expect(latency.stored.p50.every((value) => value === null)).toBe(true);
});

test('phase, faults, leaders and the end of a run come from its event log', () => {
  const log = new EventLog(folder.events, expect.unreachable);
  const fault: FaultRecord = {
    name: 'kill-leader',
    schedule: 'kill-leader@1s',
    target: 'broker 2',
    startMs: 1_000,
    endMs: null,
    tookEffect: false,
    evidence: [],
  };
  log.note({ type: 'phase', phase: 'publishing' });
  log.note({ type: 'leaders', leaders: [1, 2] });
  log.note({ type: 'fault', index: 0, fault });
  folder.writeManifest(manifest);
  openLedger().intend(0, 1);
  watch.look();
  expect(watch.progress()).toMatchObject({ phase: 'publishing', ended: null, faults: [fault] });
  expect(watch.progress().partitions.map(({ leader }) => leader)).toEqual([1, 2]);
  expect(watch.series()!.faults).toMatchObject([{ name: 'kill-leader', endMs: null }]);

  const over = { ...fault, endMs: 3_000, tookEffect: true };
  log.note({ type: 'fault', index: 0, fault: over });
  log.note({ type: 'leaders', leaders: [1, 1] });
  log.note({ type: 'ended', verdict: 'fail' });
  // A line that is not complete.
  appendFileSync(folder.events, '{"type":"phase","ph');
  watch.look();
  expect(watch.progress()).toMatchObject({ ended: { verdict: 'fail' }, faults: [over] });
  const [band] = watch.series()!.faults;
  expect(band!.endMs).toBeGreaterThanOrEqual(band!.startMs);
  expect(watch.series()!.leaders.map(({ leaders }) => leaders)).toEqual([
    [1, 2],
    [1, 1],
  ]);
});

test('damaged files and lines are left out', () => {
  writeFileSync(folder.manifest, '{');
  writeFileSync(folder.file('journal-1.bin'), 'no journal at all');
  writeFileSync(folder.file('latency-acked-p0.hlog'), '1.000,1.000,5.0,no histogram\n');
  writeFileSync(folder.events, 'null\n[]\n7\n{"type":"fault"}\n');
  watch.look();
  expect(watch.progress()).toMatchObject({ topic: null, consumed: { count: 0 }, phase: null, faults: [] });
  expect(watch.series()).toBeNull();
});

test('an event log that cannot be written is reported once', () => {
  const problems: string[] = [];
  const log = new EventLog(join(folder.path, 'not', 'there'), (problem) => problems.push(problem));
  log.note({ type: 'phase', phase: 'starting' });
  log.note({ type: 'phase', phase: 'auditing' });
  expect(problems).toEqual([expect.stringContaining('The course of the run is not noted')]);
});

test("of a run of a user's pipeline, the plan, the ledger and the step are known without a manifest", () => {
  const log = new EventLog(folder.events, () => undefined);
  log.note({ type: 'pipeline', name: 'orders', topics: ['orders', 'orders.out'], messages: 100 });
  const ledger = openLedger();
  log.note({ type: 'phase', phase: 'publishing' });
  ledger.intend(0, 10);
  ledger.record({ outcome: 'acked', partition: 0, offset: 3, errorCode: 0, sequences: [0, 1, 2, 3] });
  ledger.record({ outcome: 'rejected', partition: -1, offset: -1, errorCode: 0, sequences: [4] });
  watch.look();
  expect(watch.progress()).toMatchObject({
    pipeline: { name: 'orders', step: null },
    topic: 'orders',
    planned: 100,
    phase: 'publishing',
    sent: { count: 10, byState: {} },
    acked: { count: 4, byState: {} },
    rejected: 1,
    consumers: 0,
  });
  expect(watch.progress().createdAt).toBeGreaterThan(Date.now() - 60_000);
  expect(watch.series()!.sent.some((rate) => rate > 0)).toBe(true);
  log.note({ type: 'step', text: 'judging' });
  watch.look();
  expect(watch.progress().pipeline).toEqual({ name: 'orders', step: 'judging' });
  ledger.close();
});
