/**
 * Removes faults one by one, as long as the run still fails without them. The remaining set need not be minimal, since
 * each run also depends on chance.
 */
export async function shrunk<T>(
  faults: readonly T[],
  fails: (faults: readonly T[]) => Promise<boolean>,
  isOver: () => boolean,
): Promise<T[]> {
  let left = [...faults];
  // The latest first: the faults before it may be enough for the failure.
  for (const fault of faults.toReversed()) {
    if (left.length === 1 || isOver()) break;
    const fewer = left.filter((each) => each !== fault);
    if (await fails(fewer)) left = fewer;
  }
  return left;
}
