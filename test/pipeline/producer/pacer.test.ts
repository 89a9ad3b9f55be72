import { expect, test } from 'vitest';
import { Pacer } from '../../../src/pipeline/producer/pacer.ts';
import { Schedule } from '../../../src/pipeline/producer/schedule.ts';
import { wallClockMs } from '../../../src/system/wall-clock.ts';

test('a message is due by its place in the schedule alone, and counted from that moment on', () => {
  const schedule = new Schedule(1_000, 400);
  expect([0, 1, 400].map((sequence) => schedule.dueMs(sequence))).toEqual([1_000, 1_002.5, 2_000]);
  expect([0, 999, 1_000, 1_002.4, 1_002.5, 2_000].map((ms) => schedule.countDue(ms))).toEqual([
    0, 0, 1, 1, 2, 401,
  ]);
  expect(new Schedule(0, 0.5).dueMs(3)).toBe(6_000);
});

test('what is due goes every few ms, and what is overdue at once, in full batches', () => {
  const pacer = new Pacer({ schedule: new Schedule(0, 1_000), batchMessagesMax: 10, lingerMs: 5 });
  expect(pacer.countReady(0, 0)).toBe(1);
  // Two are due, but it waits for more.
  expect(pacer.countReady(1, 2)).toBe(0);
  expect(pacer.countReady(1, 5)).toBe(5);
  // A full batch waits for nothing, nor does the next.
  expect(pacer.countReady(6, 30)).toBe(10);
  expect(pacer.countReady(16, 30)).toBe(10);
  expect(pacer.countReady(26, 30)).toBe(5);
  expect(pacer.countReady(31, 30)).toBe(0);
});

test('a pause ends with the signal, however far the next message is', async () => {
  const schedule = new Schedule(wallClockMs() + 60_000, 1);
  const pacer = new Pacer({ schedule, batchMessagesMax: 10, lingerMs: 5 });
  const startedAt = performance.now();
  await pacer.pause(0, AbortSignal.timeout(20));
  expect(performance.now() - startedAt).toBeLessThan(900);
});
