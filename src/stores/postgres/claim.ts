/**
 * Claims partitions. Each claim is one statement, so that a suspended consumer cannot leave a claim half done. The
 * claim may have to wait for a writer that was suspended in its transaction; nodrop then ends that writer's session.
 */
import { remadeTopicError, type ClaimedTopic, type StoredOffset } from '../store.ts';
import { bigints } from './bigints.ts';
import { terminateOwners, type Connection } from './connection.ts';
import { lockNotAvailable, sqlStateOf } from './error-text.ts';
import type { Session } from './session.ts';

/** Between attempts, another writer may lock the same partitions. */
const attemptsMax = 3;

// Claims lock partitions in ascending order, so that two claims that overlap cannot deadlock.
function claimStatement(
  session: Session,
  owner: string,
  topic: ClaimedTopic,
  begin: ReadonlyMap<number, number>,
): string {
  const [run, name, id] = [topic.run, topic.topic, topic.topicId].map((text) => session.literal(text));
  return `
  WITH other AS (
    SELECT topic_id FROM offsets WHERE run = ${run} AND topic = ${name} AND topic_id <> ${id} LIMIT 1
  ), claimed AS (
    INSERT INTO offsets (topic_id, partition, next_offset, epoch, run, topic, owner)
    SELECT ${id}, begin.partition, begin.next_offset, 1, ${run}, ${name}, ${session.literal(owner)}
    FROM unnest(${bigints([...begin.keys()])}, ${bigints([...begin.values()])}) AS begin (partition, next_offset)
    WHERE NOT EXISTS (SELECT FROM other) ORDER BY begin.partition
    ON CONFLICT (topic_id, partition) DO UPDATE SET
      epoch = offsets.epoch + 1, run = excluded.run, topic = excluded.topic, owner = excluded.owner
    RETURNING partition, next_offset, epoch
  )
  SELECT partition, next_offset, epoch, NULL AS other FROM claimed
  UNION ALL SELECT NULL, NULL, NULL, topic_id FROM other`;
}

interface Claimed extends OffsetRow {
  other: string | null;
}

export async function claimPartitions(
  connection: Connection,
  topic: ClaimedTopic,
  begin: ReadonlyMap<number, number>,
): Promise<Map<number, StoredOffset>> {
  for (let attempt = 1; ; attempt++) {
    const session = await connection.session();
    try {
      const [answer] = await session.transact([claimStatement(session, connection.owner, topic, begin)]);
      const rows = answer as Claimed[];
      const other = rows.find((row) => row.other !== null)?.other;
      if (other !== undefined && other !== null) throw remadeTopicError(topic, other);
      return storedOffsetsOf(rows);
    } catch (error) {
      if (sqlStateOf(error) !== lockNotAvailable || attempt === attemptsMax) throw error;
      await endOwners(session, connection, topic.topicId, [...begin.keys()]);
    }
  }
}

async function endOwners(
  session: Session,
  connection: Connection,
  topicId: string,
  partitions: readonly number[],
): Promise<void> {
  const [rows] = await session.transact([
    `SELECT DISTINCT owner FROM offsets WHERE topic_id = ${session.literal(topicId)}
    AND partition = ANY(${bigints(partitions)}) AND owner IS NOT NULL`,
  ]);
  const owners = rows!.map(({ owner }) => owner as string);
  await terminateOwners(session, owners, connection.location.name);
}

/** A row of `offsets`. pg returns 64-bit integers as text. */
export interface OffsetRow {
  partition: number;
  next_offset: string;
  epoch: string;
}

export const storedOffsetsOf = (rows: readonly OffsetRow[]): Map<number, StoredOffset> =>
  new Map(rows.map((row) => [row.partition, { next: Number(row.next_offset), epoch: Number(row.epoch) }]));
