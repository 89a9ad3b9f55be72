/**
 * Takes faults away one by one, for as long as it still fails without them. What is left need not be the least: chance
 * has its part in each run.
 */
export async function shrunk<T>(
  faults: readonly T[],
  fails: (faults: readonly T[]) => Promise<boolean>,
  isOver: () => boolean,
): Promise<T[]> {
  let left = [...faults];
  // The latest first: what came before it may have needed no help.
  for (const fault of faults.toReversed()) {
    if (left.length === 1 || isOver()) break;
    const fewer = left.filter((each) => each !== fault);
    if (await fails(fewer)) left = fewer;
  }
  return left;
}
