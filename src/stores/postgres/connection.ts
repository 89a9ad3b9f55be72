/**
 * A store's connection to its database: one session at a time, reopened after a loss. A lost session may live on in the
 * server with its transaction. The new session ends it first, so that an unfinished commit is decided before anything
 * is read.
 */
import { randomUUID } from 'node:crypto';
import { StoreOutageError } from '../store.ts';
import { sqlStateOf } from './error-text.ts';
import type { PostgresLocation } from './location.ts';
import { openSession, type Session } from './session.ts';

/** How long the server may take to end a session. */
const terminateTimeoutMs = 5_000;
const insufficientPrivilege = '42501';

export class Connection {
  readonly location: PostgresLocation;
  /** The name, in the server, of all sessions of this store: behind a pooler, while they are in a transaction. */
  readonly owner = `nodrop-${randomUUID()}`;
  #session: Session | undefined;

  constructor(location: PostgresLocation) {
    this.location = location;
  }

  /** The session, reopened if it was lost. */
  async session(): Promise<Session> {
    if (this.#session?.isLost === false) return this.#session;
    const session = await openSession(this.location, this.owner);
    if (this.#session !== undefined) await this.#endOthers(session);
    this.#session = session;
    return session;
  }

  async close(): Promise<void> {
    await this.#session?.close();
  }

  async #endOthers(session: Session): Promise<void> {
    try {
      await terminateOwners(session, [this.owner], this.location.name);
    } catch (error) {
      session.drop();
      throw error;
    }
  }
}

/**
 * Ends all other sessions of these owners; returns how many. Leaves them if the user lacks the privilege to end them.
 * A pooler's session has an owner's name only during the owner's transaction. If that ends between the look and the
 * signal, a few microseconds apart, the pooler may have lent the session to another program, which then loses it.
 */
export async function terminateOwners(
  session: Session,
  owners: readonly string[],
  name: string,
): Promise<number> {
  try {
    const ended = await session.query<{ ended: boolean }>(
      `SELECT pg_terminate_backend(pid, $2) AS ended FROM pg_stat_activity
      WHERE application_name = ANY($1) AND pid <> pg_backend_pid()`,
      [owners, terminateTimeoutMs],
    );
    if (ended.every((each) => each.ended)) return ended.length;
    // The server also answers false if a session ended by itself before the signal came.
    const left = await session.query(
      'SELECT 1 FROM pg_stat_activity WHERE application_name = ANY($1) AND pid <> pg_backend_pid()',
      [owners],
    );
    if (left.length === 0) return ended.length;
  } catch (error) {
    if (sqlStateOf(error) === insufficientPrivilege) return 0;
    throw error;
  }
  const message = `The store ${name} cannot be used: a session that was cut off does not end`;
  throw new StoreOutageError(message, 'End it in the server, then consume again.', undefined);
}
