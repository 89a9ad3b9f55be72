/**
 * A small generator of 32-bit numbers (splitmix32), seeded with three numbers. It gives the same numbers on every
 * machine, evenly enough for drawing. Each number is `scramble` of the next `stepped` value.
 */
export const beginningOf = (seed: number, second: number, third: number): number =>
  scramble(scramble(scramble(seed) ^ second) ^ third);
export const stepped = (random: number): number => (random + 0x9e3779b9) | 0;

export function scramble(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (hash ^ (hash >>> 15)) >>> 0;
}
