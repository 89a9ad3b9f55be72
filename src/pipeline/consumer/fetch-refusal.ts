/** Decides about an offset that a broker says it does not have. */
import { unavailableError } from '../../errors.ts';
import type { Cluster } from '../../kafka/client/cluster.ts';
import { say } from '../../text/say.ts';
import { offsetsAtHand } from '../../kafka/client/list-offsets.ts';

/**
 * The first offset of a partition that has lost its records from `offset` on, if they may be skipped; otherwise this
 * throws `unavailable`. Undefined if the partition holds the offset, or if that is not known: the broker may have become
 * the leader just now.
 */
export async function outOfRange(
  cluster: Cluster,
  topic: string,
  partition: number,
  offset: number,
  maySkip: boolean,
): Promise<number | undefined> {
  const { offsets: begins } = await offsetsAtHand(cluster, topic, 'earliest');
  const { offsets: ends } = await offsetsAtHand(cluster, topic, 'latest');
  const [begin, end] = [begins.get(partition), ends.get(partition)];
  if (begin === undefined || end === undefined || (begin <= offset && offset <= end)) return undefined;
  if (begin > offset && maySkip) {
    say(
      `nodrop: Partition ${partition} of ${topic} has lost the offsets ${offset} to ${begin - 1}: they are skipped.`,
    );
    return begin;
  }
  const held = begin > offset ? `it begins at ${begin}` : `it ends at ${end}`;
  throw unavailableError(
    `Partition ${partition} of ${topic} has no offset ${offset}: ${held}. Removed records cannot be stored.`,
    {
      hint:
        begin > offset
          ? 'nodrop verify lists the missing messages. To go on behind them: --skip-removed'
          : 'nodrop verify lists the missing messages.',
    },
  );
}
