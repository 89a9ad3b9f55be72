import { expect, test } from 'vitest';
import { shrunk } from '../../src/chaos/shrink.ts';

/** Shrinks these faults; a run fails as long as it has all that `needed` names. Returns what is left, and what was tried. */
async function shrink(
  faults: string[],
  needed: readonly string[],
  isOver = () => false,
): Promise<{ left: string[]; tried: string[][] }> {
  const tried: string[][] = [];
  const fails = async (fewer: readonly string[]): Promise<boolean> => {
    tried.push([...fewer]);
    return await Promise.resolve(needed.every((fault) => fewer.includes(fault)));
  };
  return { left: await shrunk(faults, fails, isOver), tried };
}

test('the faults that the failure needs are left, and each was tried without once, the latest first', async () => {
  const { left, tried } = await shrink(['a', 'b', 'c', 'd'], ['b', 'd']);
  expect(left).toEqual(['b', 'd']);
  expect(tried).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b', 'd'],
    ['a', 'd'],
    ['b', 'd'],
  ]);
});

test('a failure that has nothing to do with the faults leaves one of them', async () => {
  expect((await shrink(['a', 'b', 'c'], [])).left).toEqual(['a']);
});

test('when its time is over, shrinking ends with what it has', async () => {
  const { left, tried } = await shrink(['a', 'b', 'c'], [], () => true);
  expect([left, tried]).toEqual([['a', 'b', 'c'], []]);
});
