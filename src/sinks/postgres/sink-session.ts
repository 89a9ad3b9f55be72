/**
 * One session with a PostgreSQL server, for one look at a sink. A pooler such as PgBouncer may share the server's session
 * with other programs, from one transaction to the next. So nothing is set for the session, only for the transaction.
 */
import { connect } from 'node:net';
import type { Client, Connection, FieldDef, QueryResultRow, Submittable } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { OperationalError } from '../../errors.ts';
import type { PostgresDatabase } from '../../stores/postgres/location.ts';
import { AnswerWait, type AnswerLimits } from '../answer-wait.ts';
import { withClient } from './database-client.ts';
import { connectionError, statementError } from './sink-errors.ts';

/** How long a statement's end, or the session's, may take. */
const endTimeoutMs = 2_000;
const cancelRequestCode = 80877102;

/** Throws `unavailable` if the database cannot be reached, and `usage` for TLS settings that cannot be right. */
export const openSinkSession = async (
  database: PostgresDatabase,
  limits: AnswerLimits,
): Promise<SinkSession> =>
  await withClient(database, limits.timeoutMs, 'sink', async (client) => {
    const session = new SinkSession(client, database, limits);
    await session.start();
    return session;
  });

export class SinkSession {
  readonly #client: Client;
  readonly #database: PostgresDatabase;
  readonly #answer: AnswerWait;
  #isBusy = false;
  #isLost = false;
  /** Why the server ended the session, if it said so while no statement ran. */
  #loss: Error | undefined;

  constructor(client: Client, database: PostgresDatabase, limits: AnswerLimits) {
    this.#client = client;
    this.#database = database;
    this.#answer = new AnswerWait(database.name, limits);
    // Without a listener, the end of an idle session would end the process.
    client.on('error', (error) => {
      this.#loss ??= error;
      this.#lose();
    });
    client.on('end', () => this.#lose());
  }

  async start(): Promise<void> {
    try {
      await this.#answer.for(this.#client.connect(), 'connecting');
    } catch (error) {
      this.#drop();
      throw error instanceof OperationalError ? error : connectionError(this.#database.name, error);
    }
  }

  /**
   * Runs statements of nodrop, divided by `;`; returns the rows of the last. Here and below, `query` is the part of the
   * statement that is the user's: an error tells its place in that.
   */
  async query<Row extends QueryResultRow>(text: string, query?: string): Promise<Row[]> {
    return await this.#run(text, query, async () => {
      const results = await this.#client.query<Row>(text);
      return [results].flat().at(-1)!.rows;
    });
  }

  /** The columns that a statement would return. The server takes one statement, and does not run it. */
  async describe(text: string, query?: string): Promise<FieldDef[]> {
    return await this.#run(text, query, () => this.#client.query(new Description(text)).fields);
  }

  /**
   * Runs a `COPY … TO STDOUT` at the caller's speed. Throws if the server tells another number of rows than `rowsSoFar`
   * does at the end.
   */
  async *copyOut(text: string, rowsSoFar: () => number, query?: string): AsyncGenerator<Buffer> {
    this.#isBusy = true;
    const stream = this.#client.query(copyTo(text));
    const chunks = stream[Symbol.asyncIterator]();
    for (;;) {
      const next = await this.#run(text, query, () => chunks.next());
      this.#isBusy = true;
      if (next.done === true) break;
      yield next.value as Buffer;
    }
    // The stream ends before the server has told how many rows there were.
    await this.query('SELECT 1');
    const told = (stream as unknown as { rowCount: number }).rowCount;
    if (told !== rowsSoFar()) throw new Error(`${rowsSoFar()} rows came, and the server sent ${told}`);
  }

  /** Ends a statement that runs, and the session. */
  async close(): Promise<void> {
    if (this.#isLost) return;
    if (this.#isBusy) {
      await this.#cancel();
      this.#drop();
      return;
    }
    const ended = this.#client.end().catch(() => undefined);
    const timer = setTimeout(() => this.#drop(), endTimeoutMs);
    await ended;
    clearTimeout(timer);
    this.#lose();
  }

  async #run<T>(text: string, query: string | undefined, action: () => Promise<T>): Promise<T> {
    this.#isBusy = true;
    try {
      const result = await this.#answer.for(action(), query ?? text);
      this.#isBusy = false;
      return result;
    } catch (error) {
      if (error instanceof OperationalError) {
        await this.close();
        throw error;
      }
      this.#isBusy = false;
      throw statementError(this.#database.name, this.#loss ?? error, text, query);
    }
  }

  /** Asks the server to end the running statement, and waits until it has got the request. */
  async #cancel(): Promise<void> {
    const { processID, secretKey } = this.#client as unknown as { processID: number; secretKey: number };
    const request = Buffer.alloc(16);
    request.writeInt32BE(request.length, 0);
    request.writeInt32BE(cancelRequestCode, 4);
    request.writeInt32BE(processID, 8);
    request.writeInt32BE(secretKey, 12);
    const { address } = this.#database;
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const socket = 'path' in address ? connect(address.path) : connect(address.port, address.host);
    // The server closes the connection once it has signalled the session. Without it, the dropped session ends by itself.
    socket.once('close', () => resolve()).once('error', () => resolve());
    socket.setTimeout(endTimeoutMs, () => socket.destroy());
    socket.resume().end(request);
    await done;
    socket.destroy();
  }

  #drop(): void {
    this.#lose();
    this.#client.connection.stream.destroy();
  }

  #lose(): void {
    this.#isLost = true;
    this.#answer.end();
  }
}

/** Has the server parse a statement and tell its columns, and never runs it. */
class Description implements Submittable {
  readonly fields: Promise<FieldDef[]>;
  readonly #text: string;
  readonly #settle: PromiseWithResolvers<FieldDef[]>;
  #told: FieldDef[] = [];

  constructor(text: string) {
    this.#text = text;
    this.#settle = Promise.withResolvers();
    this.fields = this.#settle.promise;
  }

  submit(connection: Connection): void {
    connection.parse({ text: this.#text, name: '', types: [] }, true);
    connection.describe({ type: 'S', name: '' }, true);
    connection.sync();
  }

  handleRowDescription({ fields }: { fields: FieldDef[] }): void {
    this.#told = fields;
  }

  handleError(error: Error): void {
    this.#settle.reject(error);
  }

  handleReadyForQuery(): void {
    this.#settle.resolve(this.#told);
  }
}
