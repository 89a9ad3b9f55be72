import { terminateOwners } from './connection.ts';
import { parsePostgresLocation } from './location.ts';
import { openSession } from './session.ts';

/**
 * Ends the sessions of all consumers that have claimed partitions of a topic, even in the middle of their work, as a
 * database does when it is shut down. Returns how many.
 */
export async function endSessions(location: string, topicId: string): Promise<number> {
  const parsed = parsePostgresLocation(location);
  const session = await openSession(parsed, 'nodrop-fault');
  try {
    const rows = await session.query<{ owner: string }>(
      'SELECT DISTINCT owner FROM offsets WHERE topic_id = $1 AND owner IS NOT NULL',
      [topicId],
    );
    return await terminateOwners(
      session,
      rows.map(({ owner }) => owner),
      parsed.name,
    );
  } finally {
    await session.close();
  }
}
