import { expect, test } from 'vitest';
import { Pacer } from '../../../src/pipeline/producer/pacer.ts';
import { Schedule } from '../../../src/pipeline/producer/schedule.ts';
import { wallClockMs } from '../../../src/system/wall-clock.ts';

test('the due time of a message depends only on its place in the schedule', () => {
  const schedule = new Schedule(1_000, 400);
  expect([0, 1, 400].map((sequence) => schedule.dueMs(sequence))).toEqual([1_000, 1_002.5, 2_000]);
  expect([0, 999, 1_000, 1_002.4, 1_002.5, 2_000].map((ms) => schedule.countDue(ms))).toEqual([
    0, 0, 1, 1, 2, 401,
  ]);
  expect(new Schedule(0, 0.5).dueMs(3)).toBe(6_000);
});

test('due messages are sent every 5 ms, and overdue ones at once in full batches', () => {
  const pacer = new Pacer({ schedule: new Schedule(0, 1_000), batchMessagesMax: 10, lingerMs: 5 });
  expect(pacer.countReady(0, 0)).toBe(1);
  // Two are due, but the linger time is not over.
  expect(pacer.countReady(1, 2)).toBe(0);
  expect(pacer.countReady(1, 5)).toBe(5);
  // A full batch is sent at once, and so is the next.
  expect(pacer.countReady(6, 30)).toBe(10);
  expect(pacer.countReady(16, 30)).toBe(10);
  expect(pacer.countReady(26, 30)).toBe(5);
  expect(pacer.countReady(31, 30)).toBe(0);
});

test('a pause ends with its signal, however late the next message is due', async () => {
  const schedule = new Schedule(wallClockMs() + 60_000, 1);
  const pacer = new Pacer({ schedule, batchMessagesMax: 10, lingerMs: 5 });
  const startedAt = performance.now();
  await pacer.pause(0, AbortSignal.timeout(20));
  expect(performance.now() - startedAt).toBeLessThan(900);
});
