/** The shortest text of a number of 32 bits, and not of the double that it becomes: 0.1, not 0.10000000149011612. */
export function shortestFloat(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}
