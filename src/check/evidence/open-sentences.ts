import { plural } from '../../text/counted.ts';
import type { CheckRecord } from '../check-record.ts';
import type { IdentityTally } from './identity-tally.ts';

/** What of a check could not be judged, in sentences: records and rows that do not say which they are. */
export function openSentences(
  { records, sinks, plan, deadLetters, isUndrained }: CheckRecord,
  tallies: readonly IdentityTally[],
): string[] {
  const { nameless, uncategorised, unrouted } = tallies[0]!;
  const differing = Math.max(...tallies.map((tally) => tally.differing));
  const sentences: string[] = [];
  if (isUndrained) {
    sentences.push(
      'The sink was still changing when the time was over: what is missing, and rows that changed between the last two looks, are not judged.',
    );
  }
  if (nameless > 0) {
    const first = records.firstWithoutId === undefined ? '' : ` (the first is at ${records.firstWithoutId})`;
    const have = nameless === 1 ? 'record has' : 'records have';
    sentences.push(
      `${nameless} ${have} no id at ${plan.id}${first}: not judged. If they are not meant to arrive, say so with --drop-when.`,
    );
  }
  for (const { looks, id, rows, name } of sinks) {
    const { withoutId } = looks.at(-1)!;
    if (withoutId === 0) continue;
    const have = withoutId === 1 ? `one of the ${rows} has` : `${withoutId} of the ${rows} have`;
    sentences.push(`In ${name}, ${have} no id at ${id}: not judged.`);
  }
  if (uncategorised > 0) {
    sentences.push(
      `${uncategorised} ${plural(uncategorised, 'record')} without a category at ${plan.category}: its category was not judged.`,
    );
  }
  if (unrouted > 0) {
    sentences.push(
      `${unrouted} ${plural(unrouted, 'record')} without the name of a sink at ${plan.route}: not judged.`,
    );
  }
  if (differing > 0) {
    const have = differing === 1 ? 'id stands' : 'ids stand';
    sentences.push(
      `${differing} ${have} for records that differ, of which not each has its row: whether one was lost, ${plan.id} does not tell. Name an id of its own for each record, or --expect latest if only the newest is to be there.`,
    );
  }
  const unknown = deadLetters?.letters.unknown ?? 0;
  if (unknown > 0) {
    sentences.push(
      `${unknown} ${plural(unknown, 'dead letter')} of ${deadLetters!.name} with neither headers of its origin nor an id: not judged.`,
    );
  }
  return sentences;
}
