/**
 * Claims partitions. Each claim is one statement, so that a suspended consumer cannot leave a claim half done. The
 * claim may have to wait for a writer that was suspended in its transaction; nodrop then ends that writer's session.
 */
import { remadeTopicError, type ClaimedTopic, type StoredOffset } from '../store.ts';
import { terminateOwners, type Connection } from './connection.ts';
import { lockNotAvailable, sqlStateOf } from './error-text.ts';
import type { Session } from './session.ts';

/** Between attempts, another writer may lock the same partitions. */
const attemptsMax = 3;

// Claims lock partitions in ascending order, so that two claims that overlap cannot deadlock.
const claimStatement = `
  WITH other AS (
    SELECT topic_id FROM offsets WHERE run = $1 AND topic = $2 AND topic_id <> $3 LIMIT 1
  ), claimed AS (
    INSERT INTO offsets (topic_id, partition, next_offset, epoch, run, topic, owner)
    SELECT $3, begin.partition, begin.next_offset, 1, $1, $2, $4
    FROM unnest($5::integer[], $6::bigint[]) AS begin (partition, next_offset)
    WHERE NOT EXISTS (SELECT FROM other) ORDER BY begin.partition
    ON CONFLICT (topic_id, partition) DO UPDATE SET
      epoch = offsets.epoch + 1, run = excluded.run, topic = excluded.topic, owner = excluded.owner
    RETURNING partition, next_offset, epoch
  )
  SELECT partition, next_offset, epoch, NULL AS other FROM claimed
  UNION ALL SELECT NULL, NULL, NULL, topic_id FROM other`;

interface Claimed extends OffsetRow {
  other: string | null;
}

export async function claimPartitions(
  connection: Connection,
  topic: ClaimedTopic,
  begin: ReadonlyMap<number, number>,
): Promise<Map<number, StoredOffset>> {
  const partitions = [...begin.keys()];
  const values = [topic.run, topic.topic, topic.topicId, connection.owner, partitions, [...begin.values()]];
  for (let attempt = 1; ; attempt++) {
    const session = await connection.session();
    try {
      const rows = await session.query<Claimed>(claimStatement, values);
      const other = rows.find((row) => row.other !== null)?.other;
      if (other !== undefined && other !== null) throw remadeTopicError(topic, other);
      return storedOffsetsOf(rows);
    } catch (error) {
      if (sqlStateOf(error) !== lockNotAvailable || attempt === attemptsMax) throw error;
      await endOwners(session, connection, topic.topicId, partitions);
    }
  }
}

async function endOwners(
  session: Session,
  connection: Connection,
  topicId: string,
  partitions: readonly number[],
): Promise<void> {
  const rows = await session.query<{ owner: string }>(
    'SELECT DISTINCT owner FROM offsets WHERE topic_id = $1 AND partition = ANY($2) AND owner IS NOT NULL',
    [topicId, partitions],
  );
  const owners = rows.map(({ owner }) => owner);
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
