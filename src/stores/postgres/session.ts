/**
 * One session with PostgreSQL, until it is lost. If an answer does not arrive within the time limit, the session is
 * dropped. All errors contain the store's name.
 *
 * A pooler such as PgBouncer may share the server's session with other programs, from one transaction to the next. So
 * nodrop sets nothing for a session, only for each transaction, and what other programs have set in it does not
 * count. The tables of the store come before temporary ones of other programs.
 */
import { Socket } from 'node:net';
import { Client, type ClientConfig, type QueryResultRow } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { StoreOutageError } from '../store.ts';
import { explained } from './error-text.ts';
import { passwordFor } from './password.ts';
import { storeProxyVariable, type PostgresLocation } from './location.ts';
import { quoted } from '../table-names.ts';
import { attemptTls, type MaybeTls } from './tls-attempts.ts';
import { readTls, withoutTls } from './tls.ts';

const connectTimeoutMs = 5_000;
/** A commit may wait for a slow disk or a standby. */
const answerTimeoutMs = 30_000;
const keepAliveDelayMs = 10_000;
/** If a lock takes longer, its holder is suspended. */
const lockTimeoutMs = 1_000;

/**
 * Opens a session that uses the tables of the location's schema. `owner` is its name in the server: always if it has
 * the server's session to itself, and during each transaction if a pooler shares that.
 */
export async function openSession(location: PostgresLocation, owner: string): Promise<Session> {
  const { connectionString, address } = location;
  const tls = readTls(new URL(connectionString).searchParams);
  const attempt = (options: MaybeTls): Promise<Session> => startSession(location, owner, options);
  // As for PostgreSQL's own programs, a socket of the operating system needs no TLS.
  return 'path' in address ? await attempt(false) : await attemptTls(tls, attempt);
}

async function startSession(location: PostgresLocation, owner: string, tls: MaybeTls): Promise<Session> {
  const { connectionString, schema, name } = location;
  // Settings in the connection string override those next to it.
  const url = new URL(connectionString);
  withoutTls(url.searchParams);
  url.searchParams.delete('application_name');
  let client: Client;
  try {
    client = new Client({
      connectionString: url.href,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveDelayMs,
      ssl: tls,
      sslnegotiation: 'postgres',
      ...throughProxy(),
    });
  } catch (error) {
    throw explained(name, error);
  }
  // As an option next to the connection string, it would have no effect.
  Object.assign(client, { password: () => passwordFor(client) });
  const session = new Session(client, name, schema, owner);
  await session.start();
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

/** What a transaction of a store needs. `pg_temp` is named because it would come first otherwise. */
const settingsOf = (schema: string, owner: string): string[] => [
  `SET LOCAL search_path TO ${quoted(schema)}, pg_temp`,
  `SET LOCAL application_name TO ${owner}`,
  'SET LOCAL synchronous_commit TO on',
  `SET LOCAL lock_timeout TO ${lockTimeoutMs}`,
  'SET LOCAL statement_timeout TO 0',
  'SET LOCAL idle_in_transaction_session_timeout TO 0',
];

const readCommitted = 'ISOLATION LEVEL READ COMMITTED';

export class Session {
  readonly #client: Client;
  readonly #name: string;
  readonly #owner: string;
  readonly #settings: readonly string[];
  #isShared = false;
  #lost = false;

  constructor(client: Client, name: string, schema: string, owner: string) {
    this.#client = client;
    this.#name = name;
    this.#owner = owner;
    this.#settings = settingsOf(schema, this.literal(owner));
    // Without a listener, the end of an idle session would end the process.
    client.on('error', () => this.#lose());
    client.on('end', () => this.#lose());
  }

  get isLost(): boolean {
    return this.#lost;
  }

  async start(): Promise<void> {
    try {
      await this.#within(() => this.#client.connect());
      this.#isShared = !(await this.#claimName());
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  /**
   * Gives the server's session the owner's name, unless a pooler shares it: the pooler tells another process id than
   * the session that answers. Returns whether it has the name.
   */
  async #claimName(): Promise<boolean> {
    const { processID } = this.#client as unknown as { processID: number | null };
    const named = await this.query(
      `SELECT set_config('application_name', ${this.literal(this.#owner)}, false)
      WHERE pg_backend_pid() = ${processID ?? 'NULL'}`,
    );
    return named.length > 0;
  }

  /**
   * Runs statements in a transaction of their own, with the store's settings. They go in one message, so that no
   * suspended client can leave the transaction open. They cannot bind values. Returns all answers.
   */
  async transact(texts: readonly string[]): Promise<QueryResultRow[][]> {
    return await this.#withSettings([`SET TRANSACTION ${readCommitted}`, ...this.#settings], texts);
  }

  /** Begins a transaction with the store's settings, and runs its first statements in the same message. */
  async begin(texts: readonly string[] = [], mode = readCommitted): Promise<QueryResultRow[][]> {
    return await this.#withSettings([`BEGIN ${mode}`, ...this.#settings], texts);
  }

  async #withSettings(settings: readonly string[], texts: readonly string[]): Promise<QueryResultRow[][]> {
    return (await this.queries([...settings, ...texts])).slice(settings.length);
  }

  /** Runs one statement: in a transaction that `begin` began, or one that needs no setting. */
  async query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> {
    return await this.#within(async () => (await this.#client.query<Row>(text, values)).rows);
  }

  /** Like `query`, for several statements in one message. They cannot bind values. Returns all answers. */
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
      const hint = `See what ${this.#isShared ? 'the pooler (default_pool_size) or ' : ''}the database is waiting for, then consume again: nothing was lost.`;
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
