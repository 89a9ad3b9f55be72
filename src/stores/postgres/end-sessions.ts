import { terminateOwners } from './connection.ts';
import { parsePostgresLocation } from './location.ts';
import { openSession } from './session.ts';

/**
 * Ends the sessions of all consumers that have claimed partitions of a topic, even in the middle of their work, as a
 * database does when it is shut down. Returns how many. Behind a pooler, it finds only those in a transaction.
 */
export async function endSessions(location: string, topicId: string): Promise<number> {
  const parsed = parsePostgresLocation(location);
  const session = await openSession(parsed, 'nodrop-fault');
  try {
    const [rows] = await session.transact([
      `SELECT DISTINCT owner FROM offsets WHERE topic_id = ${session.literal(topicId)} AND owner IS NOT NULL`,
    ]);
    const owners = rows!.map(({ owner }) => owner as string);
    return await terminateOwners(session, owners, parsed.name);
  } finally {
    await session.close();
  }
}
