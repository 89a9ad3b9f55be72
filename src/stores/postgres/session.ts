/**
 * One session with PostgreSQL, until it is lost. If an answer does not arrive within the time limit, the session is
 * dropped. All errors contain the store's name.
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
/** If a lock takes longer, its holder is suspended. */
const lockTimeoutMs = 1_000;

/** Opens a session that uses the tables of the location's schema. */
export async function openSession(location: PostgresLocation, applicationName: string): Promise<Session> {
  const { connectionString, schema, name } = location;
  // Settings in the connection string override those next to it.
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
  // As an option next to the connection string, it would have no effect.
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

/** Passwords and certificates still use the database's own name; only the socket connects to the proxy. */
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
    // Without a listener, the end of an idle session would end the process.
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
   * Throws `unavailable`, and sets nothing, if a connection pooler is in between: the pooler's server sessions also
   * serve other programs, which would get these settings. A pooler is recognized because it reports another process id
   * than the session that answers.
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
      hint: 'Name the database server itself, by its own port: a store needs sessions that no other program shares.',
    });
  }

  async query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> {
    return await this.#within(async () => (await this.#client.query<Row>(text, values)).rows);
  }

  /** Sends several queries in one message, and returns all answers. They cannot bind values. */
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
    // If the transaction has failed before, COMMIT rolls it back without an error.
    const { command } = await this.#within(() => this.#client.query('COMMIT'));
    if (command !== 'COMMIT') throw new Error(`a commit was answered by ${command}`);
  }

  /** Ends a failed transaction; drops the session if that fails. */
  async rollBack(): Promise<void> {
    if (this.#lost) return;
    try {
      await this.query('ROLLBACK');
    } catch {
      this.drop();
    }
  }

  /** Runs a `COPY … FROM STDIN`. Requests each chunk only after the one before was written. */
  async copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void> {
    await this.#within(async (progress) => {
      const stream = this.#client.query(copyFrom(text));
      const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
      // After the server has refused the data, the stream no longer calls back.
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
   * Runs a `COPY … TO STDOUT` at the caller's speed. If the caller stops early, the session is dropped, because the
   * server would go on sending.
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

  /** Ends the session at once. How far a running query got is unknown. */
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

  /** Runs an action; each call of `progress` restarts its time limit. */
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
