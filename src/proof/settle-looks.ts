/** After a look at all destinations: what each of them tells of the others. */
import type { DestinationFacts } from './destination-facts.ts';

/** The destinations, each after the one that feeds it. `hasUnknown`: the outcome of some messages is unknown. */
export function settleLooks(checks: readonly DestinationFacts[], hasUnknown: boolean): void {
  const sent = new Map<string, Uint8Array>();
  for (const check of checks) {
    const { name, from } = check.destination;
    const before = checks.find(({ destination }) => destination.name === from);
    if (before !== undefined) check.nameRows(before);
    if (hasUnknown) sent.set(name, check.noteSent(from === undefined ? undefined : sent.get(from)));
  }
}
