import { logFlags, type LogBatch } from '../../audit/evidence.ts';
import { none } from '../../workload/place.ts';
import { factFlags, routeShift } from '../facts/fact-format.ts';
import type { BucketFacts } from '../facts/fact-reader.ts';
import type { BucketMessages } from './bucket-messages.ts';

/**
 * The records of the messages. `messageOf`: by fact, its message, or `none` for records that are not judged. `isRouted`:
 * records say in which sink they belong.
 */
export function logOf(
  messages: BucketMessages,
  records: BucketFacts,
  { messageOf, isRouted }: { messageOf: Int32Array; isRouted: boolean },
): LogBatch {
  // There may be fewer rows: not every record of the bucket is judged.
  const { count } = records;
  const batch: LogBatch = {
    count: 0,
    message: new Int32Array(count),
    partition: new Int32Array(count),
    offset: new Float64Array(count),
    producer: new Int32Array(count),
    session: new Int32Array(count),
    sequence: new Float64Array(count).fill(none),
    content: new Int32Array(count).fill(messages.content),
    key: new Int32Array(count),
    flags: new Uint8Array(count),
  };
  let row = 0;
  for (let fact = 0; fact < count; fact++) {
    const message = messageOf[fact]!;
    const flags = records.flags(fact);
    if (message === none || flags & factFlags.rejected || messages.isDropBeside(message, fact)) continue;
    if (isRouted && flags >>> routeShift === 0) continue;
    batch.message[row] = message;
    batch.key[row] = messages.expectedKey(message);
    batch.partition[row] = records.partition(fact);
    batch.offset[row] = records.offset(fact);
    batch.flags[row] =
      (flags & factFlags.aborted ? logFlags.aborted : 0) |
      (flags & factFlags.crcBad ? logFlags.crcBad : logFlags.crcOk);
    row += 1;
  }
  batch.count = row;
  return batch;
}
