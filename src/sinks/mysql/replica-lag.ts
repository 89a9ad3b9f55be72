/** Waits until a replica of MySQL or MariaDB is no longer behind its source, as far as the user may know. */
import { OperationalError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';
import type { AnswerLimits } from '../answer-wait.ts';
import type { MysqlSession } from './mysql-session.ts';

const lookEveryMs = 100;
const consequence = 'rows that it does not have yet look lost';

/** Returns sentences for the user. The server knows only of what has reached it. Without `asOf`, nothing is waited for. */
export async function awaitReplica(
  session: MysqlSession,
  asOf: Date | undefined,
  { timeoutMs, signal }: AnswerLimits,
): Promise<string[]> {
  const began = performance.now();
  let status = undefined as Status | undefined;
  await new Deadline(asOf === undefined ? 0 : timeoutMs, signal).poll(async () => {
    status = await statusOf(session);
    return status === undefined || hasAll(status);
  }, lookEveryMs);
  if (status === undefined) return await readOnlyNotes(session);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const waited = Number(seconds) === 0 ? '' : ` nodrop waited ${seconds} s for it.`;
  if (hasAll(status)) return [`The sink is a replica, which says that it is not behind its source.${waited}`];
  const lag = valueOf(status, 'Seconds_Behind_Source');
  const how = lag === null ? 'does not replicate now' : `is ${lag} s behind its source`;
  return [`The sink is a replica that ${how}: ${consequence}.${waited}`];
}

/** Whether it says that it is not behind, and has executed all that it has read: a replica that just began says 0, too. */
const hasAll = (status: Status): boolean =>
  valueOf(status, 'Seconds_Behind_Source') === '0' &&
  valueOf(status, 'Read_Source_Log_Pos') === valueOf(status, 'Exec_Source_Log_Pos') &&
  valueOf(status, 'Source_Log_File') === valueOf(status, 'Relay_Source_Log_File');

/** By MySQL's name; MariaDB says Master. */
const valueOf = (status: Status, name: string): string | null =>
  status.get(name) ?? status.get(name.replace('Source', 'Master')) ?? null;

async function readOnlyNotes(session: MysqlSession): Promise<string[]> {
  const [[isReadOnly]] = (await session.query('SELECT @@global.read_only OR @@global.innodb_read_only')) as [
    [string],
  ];
  if (isReadOnly === '0') return [];
  return [
    `The server of the sink is read-only: if it is a replica, it may be behind its source, and ${consequence}.`,
  ];
}

type Status = Map<string, string | null>;

/** Undefined if the server is no replica, or the user may not know. */
async function statusOf(session: MysqlSession): Promise<Status | undefined> {
  try {
    return await session.record('SHOW REPLICA STATUS');
  } catch (error) {
    // The user lacks the privilege, or the server is older than the statement. After a lost session, the next one fails.
    if (error instanceof OperationalError && error.code !== 'interrupted') return undefined;
    throw error;
  }
}
