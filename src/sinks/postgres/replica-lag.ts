/** Waits until a replica of PostgreSQL has all that the primary had committed at some moment. */
import { Deadline } from '../../system/deadline.ts';
import type { AnswerLimits } from '../answer-wait.ts';
import type { SinkSession } from './sink-session.ts';

const lookEveryMs = 100;

interface Lag {
  /** The last commit that was replayed is of that moment or later. */
  has: boolean | null;
  /** A later message of the primary says where its log ends, and all up to there was replayed. */
  idle: boolean | null;
  /** In seconds: how old the last commit is that was replayed. */
  age: string | null;
}

/**
 * Returns sentences for the user. `user` may not be allowed to look at the receiver of the log: then only a commit after
 * `asOf` shows that the replica has everything.
 */
export async function awaitReplica(
  session: SinkSession,
  asOf: Date | undefined,
  { timeoutMs, signal }: AnswerLimits,
): Promise<string[]> {
  const [server] = await session.query<{ replica: boolean }>('SELECT pg_is_in_recovery() AS replica');
  if (!server!.replica) return [];
  if (asOf === undefined) return ['The sink is a replica, and may be behind its primary.'];
  const moment = `'${asOf.toISOString()}'::timestamptz`;
  const began = performance.now();
  let age: string | null = null;
  const caughtUp = await new Deadline(timeoutMs, signal).poll(async () => {
    const [lag] = await session.query<Lag>(
      `SELECT pg_last_xact_replay_timestamp() >= ${moment} AS has,
        (SELECT status = 'streaming' AND last_msg_send_time >= ${moment}
          AND pg_last_wal_replay_lsn() >= latest_end_lsn FROM pg_stat_wal_receiver) AS idle,
        round(extract(epoch FROM now() - pg_last_xact_replay_timestamp())::numeric, 1) AS age`,
    );
    age = lag!.age;
    return lag!.has === true || lag!.idle === true;
  }, lookEveryMs);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (caughtUp === true) return Number(seconds) === 0 ? [] : [`nodrop waited ${seconds} s for the replica.`];
  const last = age === null ? 'it has replayed no commit yet' : `its last commit is ${String(age)} s old`;
  return [
    `The sink is a replica that did not show within ${seconds} s that it has everything: ${last}. Rows that it does not have yet look lost.`,
  ];
}
