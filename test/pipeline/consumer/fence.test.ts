import { expect, test } from 'vitest';
import { Fence } from '../../../src/pipeline/consumer/fence.ts';

const { signal } = new AbortController();
/** A fence that stands as if the store had refused all writes for as long as it may. */
const impatient = (): Fence => new Fence(0);

test('a fenced consumer waits while the group confirms nothing, since a rebalance may take longer than a session', async () => {
  const fence = impatient();
  fence.raise(5);
  expect(await fence.isUpAfter(6, signal)).toBe(true);
  expect(await fence.isUpAfter(6, signal)).toBe(true);
  expect(await fence.isUpAfter(7, signal)).toBe(false);
});

test('a consumer that the group confirms gives up at the third refusal, if nothing could be stored in time', async () => {
  const fence = impatient();
  const refused = async (confirmations: number): Promise<boolean> => {
    fence.raise(confirmations);
    const isUp = await fence.isUpAfter(confirmations + 2, signal);
    fence.lift();
    return isUp;
  };
  expect([await refused(0), await refused(2)]).toEqual([false, false]);
  await expect(refused(4)).rejects.toMatchObject({
    code: 'unavailable',
    message: 'Another consumer has taken over, and nothing could be stored for 0 ms.',
  });
});

test('refusals are counted from the start again after a write has gone through', async () => {
  const fence = impatient();
  for (let round = 0; round < 4; round++) {
    fence.raise(0);
    expect(await fence.isUpAfter(2, signal)).toBe(false);
    fence.lift();
    fence.forget();
  }
});
