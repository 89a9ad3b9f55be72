/** A few numbers as a line of blocks; the highest number is a full block. */
const blocks = '▁▂▃▄▅▆▇█';

export function sparkline(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  return values
    .map(
      (value) => blocks[Math.min(blocks.length - 1, Math.floor((Math.max(0, value) / most) * blocks.length))],
    )
    .join('');
}
