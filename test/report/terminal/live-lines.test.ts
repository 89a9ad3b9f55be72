import { expect, test } from 'vitest';
import { liveLines } from '../../../src/report/terminal/live-lines.ts';
import type { RunProgress } from '../../../src/watch/run-progress.ts';

const hop = (failed: number, completed: number) => ({
  count: failed + completed,
  byState: { failed, completed },
});
const progress: RunProgress = {
  schema: 1,
  run: 'r',
  topic: 't',
  seed: 1,
  createdAt: 0,
  planned: 1_000_000,
  phase: 'publishing',
  ended: null,
  consumers: 1,
  sent: hop(300_000, 460_000),
  acked: hop(300_000, 450_000),
  rejected: 0,
  unknown: 0,
  aborted: 0,
  consumed: hop(200_000, 300_500),
  stored: hop(200_000, 300_000),
  refusedWrites: 0,
  partitions: [],
  faults: [],
};
const rates = { acked: [10, 40_000, 93_000], stored: [] };

test('the live lines show progress, rates, and counts by state', () => {
  const lines = liveLines(progress, rates);
  expect(lines).toEqual([
    'acked    ████████████░░░░ 750 000/1 000 000  ▁▄█ 93 000/s',
    'stored   ████████░░░░░░░░ 500 000/1 000 000',
    '                     sent        acked     consumed       stored',
    'failed            300 000      300 000      200 000      200 000',
    'completed         460 000      450 000      300 500      300 000',
  ]);
});

test('the live lines show faults that are under way or over, unknown outcomes and refused writes', () => {
  const fault = { name: 'kill-leader', schedule: 'kill-leader@5s', tookEffect: false, evidence: [] };
  const lines = liveLines(
    {
      ...progress,
      planned: null,
      unknown: 3,
      aborted: 2,
      refusedWrites: 1,
      faults: [
        { ...fault, target: 'broker 2', startMs: 5_000, endMs: 8_100 },
        { ...fault, target: 'broker\u001b[2J 3', startMs: 9_000, endMs: null },
      ],
    },
    rates,
  );
  expect(lines[0]).toBe('acked    750 000  ▁▄█ 93 000/s');
  expect(lines.slice(-3)).toEqual([
    '3 unknown, 2 aborted, 1 write refused',
    'fault    kill-leader@5s on broker 2, over after 3.10 s',
    expect.stringMatching(/^fault {4}kill-leader@5s on broker[^\u001b]* 3, under way$/),
  ]);
});

test('many states with long names take at most twelve lines, and there are none before the first message', () => {
  const byState = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`a-long-state-${index}`, 1]));
  const many = { count: 30, byState };
  const lines = liveLines({ ...progress, sent: many, acked: many, consumed: many, stored: many }, rates);
  expect(lines.length).toBeLessThanOrEqual(12);
  expect(lines).toContain('and 25 more');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(77);
  const none = { count: 0, byState: {} };
  expect(liveLines({ ...progress, consumers: 0, sent: none, consumed: none }, rates)).toEqual([]);
});

test("the live lines of a user's pipeline show what is handed over, and nothing once hops and sinks are read", () => {
  const fault = {
    name: 'kill-process',
    schedule: 'kill-process:worker@5s+3s',
    tookEffect: true,
    evidence: [],
  };
  const driven: RunProgress = {
    ...progress,
    pipeline: { name: 'orders', step: null },
    planned: 1_000,
    consumers: 0,
    sent: { count: 600, byState: {} },
    acked: { count: 500, byState: {} },
    unknown: 2,
  };
  expect(liveLines(driven, { acked: [], stored: [] })).toEqual([
    'acked    ████████░░░░░░░░ 500/1 000',
    '2 unknown',
  ]);
  const draining: RunProgress = { ...driven, phase: 'draining' };
  expect(liveLines(draining, rates)).toEqual([]);
  const under = { ...fault, target: 'worker', startMs: 5_000, endMs: null };
  expect(liveLines({ ...draining, faults: [under] }, rates)).toContain(
    'fault    kill-process:worker@5s+3s on worker, under way',
  );
  expect(liveLines({ ...draining, faults: [{ ...under, endMs: 8_000 }] }, rates)).toEqual([]);
});
