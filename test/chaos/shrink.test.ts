import { expect, test } from 'vitest';
import { shrunk } from '../../src/chaos/shrink.ts';

/** Shrinks `faults`, where a run fails if it has all `needed` faults. Returns the rest, and the schedules that were tried. */
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

test('shrinking leaves out each fault once, the latest first, and keeps those that the failure needs', async () => {
  const { left, tried } = await shrink(['a', 'b', 'c', 'd'], ['b', 'd']);
  expect(left).toEqual(['b', 'd']);
  expect(tried).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b', 'd'],
    ['a', 'd'],
    ['b', 'd'],
  ]);
});

test('if the failure needs no fault, shrinking keeps one', async () => {
  expect((await shrink(['a', 'b', 'c'], [])).left).toEqual(['a']);
});

test('when its time limit is over, shrinking returns the current schedule', async () => {
  const { left, tried } = await shrink(['a', 'b', 'c'], [], () => true);
  expect([left, tried]).toEqual([['a', 'b', 'c'], []]);
});
