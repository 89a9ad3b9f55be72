/** The name that takes the fewest edits to become this one; undefined if none is near. For "Did you mean …?". */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  const editsMax = Math.min(3, Math.ceil(name.length / 2));
  const ranked = [...names].map((each) => ({ each, edits: editsBetween(name, each) }));
  const [nearest] = ranked.sort((a, b) => a.edits - b.edits);
  return nearest !== undefined && nearest.edits <= editsMax ? nearest.each : undefined;
}

/** How many characters must be added, removed or replaced. */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, char] of one.split('').entries()) {
    const next = [index + 1];
    for (let at = 1; at <= other.length; at++) {
      const replaced = row[at - 1]! + (other[at - 1] === char ? 0 : 1);
      next.push(Math.min(replaced, row[at]! + 1, next[at - 1]! + 1));
    }
    row = next;
  }
  return row[other.length]!;
}
