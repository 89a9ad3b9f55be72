import { expect, test } from 'vitest';
import { Deadline } from '../../src/system/deadline.ts';

const never = new Promise<never>(() => undefined);

test('work that ends before the deadline gives its result or its error', async () => {
  const deadline = new Deadline(1_000);
  expect(await deadline.within(Promise.resolve(1), 2)).toBe(1);
  await expect(deadline.within(Promise.reject(new Error('no')), 2)).rejects.toThrow('no');
  expect(await deadline.race(Promise.resolve(1), () => new Error('late'))).toBe(1);
});

test('work that does not end before the deadline is given up', async () => {
  const deadline = new Deadline(20);
  expect(await deadline.within(never, 2)).toBe(2);
  expect(deadline.isOver).toBe(true);
  await expect(deadline.race(never, () => new Error('late'))).rejects.toThrow('late');
});

test('an abort ends a wait and a pause', async () => {
  const stop = new AbortController();
  const deadline = new Deadline(10_000, stop.signal);
  const waits = [deadline.within(never, 'over'), deadline.pause(10_000)];
  stop.abort();
  expect(await Promise.all(waits)).toEqual(['over', undefined]);
  await expect(deadline.race(never, () => new Error('late'))).rejects.toMatchObject({ code: 'interrupted' });
  expect(() => deadline.throwIfAborted()).toThrow('Stopped');
});

test('restart() begins the time of a deadline again', async () => {
  const deadline = new Deadline(50);
  await deadline.pause(1_000);
  expect(deadline.hasPassed).toBe(true);
  deadline.restart();
  expect(deadline.remainingMs).toBeGreaterThan(25);
});

test('a poll looks again until it finds a value', async () => {
  const found = [undefined, false, 0];
  let looks = 0;
  expect(await new Deadline(1_000).poll(() => found[looks++], 1)).toBe(0);
  expect(looks).toBe(3);
});

test('a poll looks at least once, and returns undefined after the deadline', async () => {
  let looks = 0;
  expect(await new Deadline(0).poll(async () => void looks++, 10)).toBeUndefined();
  expect(looks).toBe(1);
  const deadline = new Deadline(30);
  expect(await deadline.poll(() => ++looks > 1_000, 10)).toBeUndefined();
  expect(deadline.hasPassed).toBe(true);
  expect(looks).toBeLessThan(10);
});

test('an abort ends a poll', async () => {
  const stop = new AbortController();
  const polling = new Deadline(10_000, stop.signal).poll(() => false, 10_000);
  stop.abort();
  await expect(polling).rejects.toMatchObject({ code: 'interrupted' });
});
