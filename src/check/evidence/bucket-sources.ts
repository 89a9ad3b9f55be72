/** What the evidence of one bucket is made of. */
import type { LetterPlaces } from '../dead-letters/letter-places.ts';
import type { BucketFacts } from '../facts/fact-reader.ts';
import type { ShownComparison } from '../facts/shown-values.ts';
import type { Rule } from '../plan.ts';
import type { IdentityTally } from './identity-tally.ts';

export interface BucketSources {
  records: BucketFacts;
  /** Records beyond the range: they explain rows, and are not judged. */
  later: BucketFacts;
  /** The looks at the sink, the last one first. Earlier ones only have rows of messages that the last has none of. */
  looks: readonly BucketFacts[];
  /** From the categories of records, and of each look, to those of the evidence. */
  recordCategories: readonly number[];
  lookCategories: readonly (readonly number[])[];
  categories: readonly string[];
  /** The category of rows whose category is NULL, and that of records that belong in another sink. No record names either. */
  noCategory: number;
  elsewhereCategory: number;
  /** The compared values. */
  comparisons: readonly ShownComparison[];
  /** The number of this sink, from 1, if records say in which they belong. */
  route: number | undefined;
  /** Under `latest`, records of one id are versions, each a message of its own. */
  rule: Rule;
  /** Whether the sink never came to rest: then it is only known of rows that were so in both looks that they are there. */
  isUndrained: boolean;
  /** Whether no record outside of the range can have the id of one within. */
  hasAllCopies: boolean;
  isVersioned: boolean;
  /** The label of the sink, if there are several. */
  sink: string | undefined;
  /** Whether the sink keeps each row that it ever had of an id, in their order: then under `latest` the last one counts. */
  keepsVersions: boolean;
  /** Dead letters, by the places of their records, and by ids. */
  letters: { places: readonly LetterPlaces[]; facts: BucketFacts } | undefined;
  /** nodrop made the messages: then some are perhaps not sent, or were rejected. */
  isMade: boolean;
  tally: IdentityTally;
}
