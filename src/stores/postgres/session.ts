/**
 * One session with PostgreSQL, until it is lost. Whatever it is asked is answered within a time, or the
 * session is given up; what it throws is told with the store's name.
 */
import { Socket } from 'node:net';
import { Client, type ClientConfig, type QueryResultRow } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { unavailableError } from '../../errors.ts';
import { StoreOutageError } from '../store.ts';
import { explained } from './error-text.ts';
import { passwordFor } from './password.ts';
import { storeProxyVariable, type PostgresLocation } from './location.ts';
import { quoted } from '../table-names.ts';

const connectTimeoutMs = 5_000;
/** A commit may wait for a slow disk or a standby. */
const answerTimeoutMs = 30_000;
const keepAliveDelayMs = 10_000;
/** A lock that takes longer is held by somebody who sleeps. */
const lockTimeoutMs = 1_000;

/** Opens a session whose tables are those of the location's schema. */
export async function openSession(location: PostgresLocation, applicationName: string): Promise<Session> {
  const { connectionString, schema, name } = location;
  // What the connection string says counts for more than what stands beside it.
  const url = new URL(connectionString);
  url.searchParams.set('application_name', applicationName);
  let client: Client;
  try {
    client = new Client({
      connectionString: url.href,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveDelayMs,
      ...throughProxy(),
    });
  } catch (error) {
    throw explained(name, error);
  }
  // Given beside the connection string, it would not count.
  Object.assign(client, { password: () => passwordFor(client) });
  const session = new Session(client, name);
  await session.start({
    search_path: quoted(schema),
    synchronous_commit: 'on',
    default_transaction_isolation: 'read committed',
    lock_timeout: `${lockTimeoutMs}`,
    statement_timeout: '0',
    idle_in_transaction_session_timeout: '0',
  });
  return session;
}

/** The database keeps its name, for passwords and certificates; only the socket goes elsewhere. */
function throughProxy(): Pick<ClientConfig, 'stream'> {
  const port = process.env[storeProxyVariable];
  if (port === undefined) return {};
  const stream = (): Socket => {
    const socket = new Socket();
    const connect = socket.connect.bind(socket);
    return Object.assign(socket, { connect: () => connect(Number(port), '127.0.0.1') });
  };
  return { stream };
}

export class Session {
  readonly #client: Client;
  readonly #name: string;
  #lost = false;

  constructor(client: Client, name: string) {
    this.#client = client;
    this.#name = name;
    // Without a listener, a session that ends while it is idle would end the process.
    client.on('error', () => this.#lose());
    client.on('end', () => this.#lose());
  }

  get isLost(): boolean {
    return this.#lost;
  }

  async start(settings: Readonly<Record<string, string>>): Promise<void> {
    try {
      await this.#within(() => this.#client.connect());
      await this.#set(settings);
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  /**
   * Throws `unavailable` where a pooler stands between: its server sessions serve other programs too, which would find
   * these settings. It names another process than the one that answers. Nothing is set then.
   */
  async #set(settings: Readonly<Record<string, string>>): Promise<void> {
    const { processID } = this.#client as unknown as { processID: number | null };
    const values = Object.entries(settings)
      .map((setting) => `(${setting.map((text) => this.literal(text)).join(', ')})`)
      .join(', ');
    const set = await this.query(
      `SELECT set_config(name, value, false) FROM (VALUES ${values}) AS setting (name, value)
      WHERE pg_backend_pid() = ${processID ?? 'NULL'}`,
    );
    if (set.length > 0) return;
    throw unavailableError(`The store ${this.#name} is behind a connection pooler, such as PgBouncer.`, {
      hint: "Name the database server itself, by its own port: a store needs sessions that are nobody else's.",
    });
  }

  async query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> {
    return await this.#within(async () => (await this.#client.query<Row>(text, values)).rows);
  }

  /** Queries that are sent as one and answered together. They cannot bind values. */
  async queries(texts: readonly string[]): Promise<QueryResultRow[][]> {
    return await this.#within(async () => {
      const results = await this.#client.query(texts.join(';'));
      return [results].flat().map(({ rows }) => rows);
    });
  }

  literal(text: string): string {
    return this.#client.escapeLiteral(text);
  }

  async commit(): Promise<void> {
    // A transaction that has failed before is rolled back by it without a word.
    const { command } = await this.#within(() => this.#client.query('COMMIT'));
    if (command !== 'COMMIT') throw new Error(`a commit was answered by ${command}`);
  }

  /** Ends a transaction that failed, if need be with the session. */
  async rollBack(): Promise<void> {
    if (this.#lost) return;
    try {
      await this.query('ROLLBACK');
    } catch {
      this.drop();
    }
  }

  /** Carries out a `COPY … FROM STDIN`. Each chunk is on its way before the next is asked for. */
  async copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void> {
    await this.#within(async (progress) => {
      const stream = this.#client.query(copyFrom(text));
      const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
      // The stream does not call back once the server has refused what was written.
      stream.once('error', reject).once('finish', resolve);
      for (const chunk of chunks) {
        const { promise: written, resolve: onWritten } = Promise.withResolvers<void>();
        stream.write(chunk, () => onWritten());
        await Promise.race([written, finished]);
        progress();
      }
      stream.end();
      await finished;
    });
  }

  /**
   * Carries out a `COPY … TO STDOUT`, no faster than its chunks are taken. When they are not all taken the
   * session ends with it: the server would go on sending.
   */
  async *copyOut(text: string): AsyncGenerator<Buffer> {
    let done = false;
    const stream = this.#client.query(copyTo(text));
    const chunks = stream[Symbol.asyncIterator]();
    try {
      while (!done) {
        const next = await this.#within(() => chunks.next());
        done = next.done === true;
        if (!done) yield next.value as Buffer;
      }
    } finally {
      if (!done) this.drop();
    }
  }

  /** Ends the session at once. Of what was under way it is not known how far it came. */
  drop(): void {
    this.#lose();
    this.#client.connection.stream.destroy();
  }

  async close(): Promise<void> {
    if (this.#lost) return;
    this.#lose();
    await this.#within(() => this.#client.end()).catch(() => this.drop());
  }

  #lose(): void {
    this.#lost = true;
  }

  /** Carries out an action in the time that is left since the last progress. */
  async #within<T>(action: (progress: () => void) => Promise<T>): Promise<T> {
    const { promise: timedOut, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.drop();
      const message = `The store ${this.#name} cannot be used: no answer within ${answerTimeoutMs / 1000} s`;
      const hint = 'See what the database is waiting for, then consume again: nothing was lost.';
      reject(new StoreOutageError(message, hint, undefined));
    }, answerTimeoutMs);
    try {
      return await Promise.race([timedOut, action(() => timer.refresh())]);
    } catch (error) {
      throw error instanceof StoreOutageError ? error : explained(this.#name, error);
    } finally {
      clearTimeout(timer);
    }
  }
}
