/**
 * A store's way to its database: one session at a time, opened again where it was lost. A session that was
 * lost may live on in the server with its transaction: it is ended first, so that a commit that was under
 * way is decided before anything is read.
 */
import { randomUUID } from 'node:crypto';
import { StoreOutageError } from '../store.ts';
import { sqlStateOf } from './error-text.ts';
import type { PostgresLocation } from './location.ts';
import { openSession, type Session } from './session.ts';

/** How long the server is given to end a session. */
const terminateTimeoutMs = 5_000;
const insufficientPrivilege = '42501';

export class Connection {
  readonly location: PostgresLocation;
  /** Names the store's sessions in the server, one after the other. */
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

/** Ends all other sessions of these owners; returns how many. Where the right to do so is lacking, they stay. */
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
  } catch (error) {
    if (sqlStateOf(error) === insufficientPrivilege) return 0;
    throw error;
  }
  const message = `The store ${name} cannot be used: a session that was cut off does not end`;
  throw new StoreOutageError(message, 'End it in the server, then consume again.', undefined);
}
