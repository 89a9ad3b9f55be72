/** One session with a MySQL or MariaDB server, for one look at a sink. */
import type { Connection, FieldPacket } from 'mysql2';
import { OperationalError } from '../../errors.ts';
import { AnswerWait, type AnswerLimits } from '../answer-wait.ts';
import { withConnection } from './database-connection.ts';
import { connectionError, statementError } from './mysql-errors.ts';
import type { MysqlLocation } from './mysql-location.ts';

/** How long the end of a statement or of a session may take. */
const endTimeoutMs = 2_000;

/** A row's values as the server sends them: their text, or for binary types their bytes. */
export type RawRow = readonly (Buffer | null)[];

type Texts = (string | null)[];

/** Values are not parsed, and no code is generated for a statement. */
const raw = { rowsAsArray: true, typeCast: false, disableEval: true } as const;

/** Throws `unavailable` if the server cannot be reached, or refuses the user. */
export const openMysqlSession = async (
  location: MysqlLocation,
  limits: AnswerLimits,
): Promise<MysqlSession> =>
  await withConnection(location, limits.timeoutMs, async (connection) => {
    const session = new MysqlSession(connection, location, limits);
    await session.start();
    return session;
  });

export class MysqlSession {
  readonly #connection: Connection;
  readonly #location: MysqlLocation;
  readonly #answer: AnswerWait;
  /** Rejects when the connection is lost. */
  readonly #loss = Promise.withResolvers<never>();
  #isBusy = false;
  #isLost = false;

  constructor(connection: Connection, location: MysqlLocation, limits: AnswerLimits) {
    this.#connection = connection;
    this.#location = location;
    this.#answer = new AnswerWait(location.name, limits);
    this.#loss.promise.catch(() => undefined);
    // mysql2 tells the loss of a connection to it, and not to a statement whose rows are read one by one.
    connection.on('error', (error) => this.#loss.reject(error));
  }

  async start(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#connection.once('connect', () => resolve());
    try {
      await this.#answer.for(Promise.race([promise, this.#loss.promise]), 'connecting');
    } catch (error) {
      this.#drop();
      throw error instanceof OperationalError ? error : connectionError(this.#location.name, error);
    }
  }

  /** Runs a statement; returns the rows with their values as texts. */
  async query(sql: string): Promise<Texts[]> {
    return (await this.#answerTo(sql)).rows;
  }

  /** Runs a statement; returns its first row by the names of its columns, or undefined if there is none. */
  async record(sql: string): Promise<Map<string, string | null> | undefined> {
    const { names, rows } = await this.#answerTo(sql);
    return rows[0] && new Map(rows[0].map((value, index) => [names[index]!, value]));
  }

  async #answerTo(sql: string): Promise<{ names: string[]; rows: Texts[] }> {
    return await this.#run(sql, async () => {
      const { promise, resolve, reject } = Promise.withResolvers<{ names: string[]; rows: Texts[] }>();
      this.#connection.query({ sql, ...raw }, (error, found, fields: FieldPacket[] | undefined) => {
        if (error !== null) return reject(error);
        // A statement that returns no rows answers with an object.
        const rows = Array.isArray(found) ? (found as unknown as RawRow[]) : [];
        resolve({
          names: (fields ?? []).map(({ name }) => name),
          rows: rows.map((row) => row.map((value) => value?.toString('utf8') ?? null)),
        });
      });
      return await promise;
    });
  }

  /** The columns that a statement would return. The server does not run it. */
  async describe(sql: string, about = sql): Promise<readonly FieldPacket[]> {
    return await this.#run(about, async () => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly FieldPacket[]>();
      this.#connection.prepare(sql, (error, statement) => {
        if (error !== null) return reject(error);
        resolve((statement as unknown as { columns: FieldPacket[] }).columns);
        statement.close();
      });
      return await promise;
    });
  }

  /**
   * Runs a statement and passes each row to `take`. If that returns true, the rows after it wait, and this yields. The
   * server may already have sent some of them.
   */
  async *rows(sql: string, take: (row: RawRow) => boolean, about = sql): AsyncGenerator<void> {
    const connection = this.#connection;
    let next = Promise.withResolvers<'more' | 'end'>();
    this.#isBusy = true;
    const { stream } = connection as unknown as { stream: NodeJS.ReadableStream };
    const onData = (): void => this.#answer.progress();
    stream.on('data', onData);
    connection
      .query({ sql, ...raw })
      .on('result', (row) => {
        if (!take(row as unknown as RawRow)) return;
        connection.pause();
        next.resolve('more');
      })
      .on('end', () => next.resolve('end'))
      .on('error', (error) => next.reject(error));
    for (;;) {
      const { promise } = next;
      if ((await this.#run(about, () => promise)) === 'end') break;
      this.#isBusy = true;
      yield;
      next = Promise.withResolvers();
      connection.resume();
    }
    stream.removeListener('data', onData);
  }

  /** Ends a statement that runs, and the session. */
  async close(): Promise<void> {
    if (this.#isLost) return;
    if (this.#isBusy) await this.#kill();
    this.#drop();
  }

  async #run<T>(about: string, action: () => Promise<T>): Promise<T> {
    this.#isBusy = true;
    try {
      const result = await this.#answer.for(Promise.race([action(), this.#loss.promise]), about);
      this.#isBusy = false;
      return result;
    } catch (error) {
      if (error instanceof OperationalError) {
        await this.close();
        throw error;
      }
      this.#isBusy = false;
      throw statementError(this.#location.name, error);
    }
  }

  /** Has the server end the running statement, by a session of its own. */
  async #kill(): Promise<void> {
    const limits = { timeoutMs: endTimeoutMs, signal: new AbortController().signal };
    try {
      const killer = await openMysqlSession(this.#location, limits);
      await killer.query(`KILL QUERY ${this.#connection.threadId}`);
      await killer.close();
    } catch (error) {
      // Without it, the server ends the statement when it next sends a row.
      if (!(error instanceof OperationalError)) throw error;
    }
  }

  #drop(): void {
    this.#isLost = true;
    this.#answer.end();
    this.#connection.destroy();
  }
}
