/** Whether a server of MySQL or MariaDB is a replica, and how far it is behind, as far as the user may know. */
import { OperationalError } from '../../errors.ts';
import type { MysqlSession } from './mysql-session.ts';

/** MySQL's name, and MariaDB's. */
const lagNames = ['Seconds_Behind_Source', 'Seconds_Behind_Master'];
const consequence = 'rows that it does not have yet look lost';

/** Sentences for the user. */
export async function replicaNotes(session: MysqlSession): Promise<string[]> {
  const status = await statusOf(session);
  if (status !== undefined) {
    const seconds = lagNames.map((name) => status.get(name)).find((lag) => lag !== undefined) ?? null;
    if (seconds === '0') return ['The sink is a replica, which says that it is not behind its source.'];
    const lag = seconds === null ? 'does not replicate now' : `is ${seconds} s behind its source`;
    return [`The sink is a replica that ${lag}: ${consequence}.`];
  }
  const [[isReadOnly]] = (await session.query('SELECT @@global.read_only OR @@global.innodb_read_only')) as [
    [string],
  ];
  if (isReadOnly === '0') return [];
  return [
    `The server of the sink is read-only: if it is a replica, it may be behind its source, and ${consequence}.`,
  ];
}

/** Undefined if the server is no replica, or the user may not know. */
async function statusOf(session: MysqlSession): Promise<Map<string, string | null> | undefined> {
  try {
    return await session.record('SHOW REPLICA STATUS');
  } catch (error) {
    // The user lacks the privilege, or the server is older than the statement. After a lost session, the next one fails.
    if (error instanceof OperationalError && error.code !== 'interrupted') return undefined;
    throw error;
  }
}
