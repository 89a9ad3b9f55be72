import type { AttemptBatch } from '../../audit/evidence.ts';
import { outcomeCodes } from '../../run-folder/ledger/outcome.ts';
import { none } from '../../workload/place.ts';
import type { BucketFacts } from '../facts/fact-reader.ts';
import type { BucketMessages } from './bucket-messages.ts';

/**
 * One attempt for each id that has a record: acknowledged, at the place of its first committed record. Messages that
 * nodrop made may have been rejected.
 */
export function attemptsOf(messages: BucketMessages, records: BucketFacts): AttemptBatch {
  const count = messages.recorded;
  const batch = {
    count,
    message: new Int32Array(count),
    outcome: new Uint8Array(count),
    partition: new Int32Array(count),
    offset: new Float64Array(count),
  };
  for (let message = 0; message < count; message++) {
    const fact = messages.firstCommitted(message);
    batch.message[message] = message;
    // An id that stands only in aborted transactions was perhaps never meant to arrive.
    batch.outcome[message] =
      fact !== none
        ? outcomeCodes.acked
        : messages.isRejected(message)
          ? outcomeCodes.rejected
          : outcomeCodes.unknown;
    batch.partition[message] = fact === none ? none : records.partition(fact);
    batch.offset[message] = fact === none ? none : records.offset(fact);
  }
  return batch;
}
