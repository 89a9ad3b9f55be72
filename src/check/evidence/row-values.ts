/** What a row says, as it is compared with records. */
import { factFlags } from '../facts/fact-format.ts';
import type { BucketFacts } from '../facts/fact-reader.ts';
import type { BucketMessages } from './bucket-messages.ts';
import type { BucketSources } from './bucket-sources.ts';

/** The category of a row of a look. */
export function categoryOf(
  { looks, lookCategories, noCategory }: BucketSources,
  look: number,
  fact: number,
): number {
  const facts = looks[look]!;
  return facts.flags(fact) & factFlags.uncategorised
    ? noCategory
    : lookCategories[look]![facts.category(fact)]!;
}

/** Tells whether a record has the category and the values of a row. */
export function sameAs(
  sources: BucketSources,
  messages: BucketMessages,
  { look, fact }: { look: number; fact: number },
): (recorded: BucketFacts, record: number) => boolean {
  const facts = sources.looks[look]!;
  const category = categoryOf(sources, look, fact);
  return (recorded, record) =>
    recorded.differences(record, facts, fact) === 0 &&
    (messages.categoryOf(recorded, record) ?? category) === category;
}
