/**
 * Threads and calls between them: either side calls, by name, the handlers that the other side serves. Values are
 * copied on their way, except shared memory. An error arrives with its class, its fields and its stack.
 */
import { parentPort, Worker, type MessagePort } from 'node:worker_threads';
import { OperationalError } from '../errors.ts';

/** The functions that one side serves. A thread calls its `close` before it ends. */
export type Handlers = Readonly<Record<string, (...values: never[]) => unknown>>;

type ErrorClass = abstract new (...values: never[]) => Error;

export interface ThreadOptions {
  /** The thread's `workerData`. */
  data?: unknown;
  /** The handlers of this side, which the thread may call. */
  handlers?: Handlers;
  /** Error classes that the thread may throw in addition to `OperationalError`; any other arrives as `Error`. */
  errors?: readonly ErrorClass[];
}

/**
 * Starts a program by its path without the extension, relative to the importer's `import.meta.url`: `./store-thread`.
 */
export function startThread<Theirs extends Handlers>(
  path: string,
  importer: string,
  options: ThreadOptions = {},
): Thread<Theirs> {
  // The same extension as the importer's: `.ts` in a clone, `.js` in the package.
  return new Thread(new URL(`${path}${importer.slice(-3)}`, importer), options);
}

/** The same path from `dist/system/`. */
const starter = new URL('../../bin/thread.js', import.meta.url);

/** Serves these handlers to the parent; a thread's program calls this. Returns the peer that calls the parent. */
export const serveThread = <Parents extends Handlers>(handlers: Handlers): Peer<Parents> =>
  new Peer<Parents>(parentPort!, handlers, []);

export class Thread<Theirs extends Handlers> {
  /** Settles once the thread has ended, with the reason. */
  readonly ended: Promise<Error>;
  readonly call: Peer<Theirs>['call'];
  readonly #worker: Worker;
  #hasEnded = false;

  constructor(program: URL, { data, handlers = {}, errors = [] }: ThreadOptions) {
    const worker = new Worker(starter, { argv: [program.href], workerData: data });
    const peer = new Peer<Theirs>(worker, handlers, errors);
    let why = new Error(`the thread ${program.pathname.split('/').at(-1)!.slice(0, -3)} has ended`);
    worker.once('error', (error: Error) => (why = error));
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#hasEnded = true;
        peer.fail(why);
        resolve(why);
      });
    });
    this.call = (name, ...values) => peer.call(name, ...values);
    this.#worker = worker;
  }

  /** Lets the process exit while the thread still runs, until `close` is called. */
  unref(): void {
    this.#worker.unref();
  }

  /**
   * Calls the thread's `close` and waits until the thread has ended. Throws the error of `close`. If the thread has
   * ended already, its last call has thrown the reason.
   */
  async close(): Promise<void> {
    if (this.#hasEnded) return;
    this.#worker.ref();
    await this.call('close', ...([] as unknown as Parameters<Theirs['close']>));
    await this.ended;
  }

  /** Ends the thread at once, in the middle of its work. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** A call without a number expects no answer. */
type Message =
  | { call: string; values: readonly never[]; number: number | undefined }
  | { number: number; value: unknown }
  | { number: number; thrown: Thrown };

class Peer<Theirs extends Handlers> {
  readonly #port: Worker | MessagePort;
  readonly #handlers: Handlers;
  readonly #errors: readonly ErrorClass[];
  /** The calls that wait for an answer, by number. */
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #nextNumber = 0;
  /** Why the other side no longer answers. */
  #end: Error | undefined;

  constructor(port: Worker | MessagePort, handlers: Handlers, errors: readonly ErrorClass[]) {
    this.#port = port;
    this.#handlers = handlers;
    this.#errors = errors;
    port.on('message', (message: Message) => void this.#hear(message));
  }

  /** Throws the handler's error, or the reason why the thread has ended. */
  async call<Name extends keyof Theirs & string>(
    name: Name,
    ...values: Parameters<Theirs[Name]>
  ): Promise<Awaited<ReturnType<Theirs[Name]>>> {
    if (this.#end !== undefined) throw this.#end;
    const number = this.#nextNumber++;
    const asked = Promise.withResolvers<unknown>();
    this.#say({ call: name, values, number });
    this.#asked.set(number, asked);
    return (await asked.promise) as Awaited<ReturnType<Theirs[Name]>>;
  }

  /** Calls without waiting for an answer. Calls arrive in their order, and before the answer to an earlier call. */
  tell<Name extends keyof Theirs & string>(name: Name, ...values: Parameters<Theirs[Name]>): void {
    this.#say({ call: name, values, number: undefined });
  }

  fail(error: Error): void {
    this.#end = error;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }

  #say(message: Message): void {
    this.#port.postMessage(message, []);
  }

  async #hear(message: Message): Promise<void> {
    if ('call' in message) return await this.#carryOut(message);
    const { resolve, reject } = this.#asked.get(message.number)!;
    this.#asked.delete(message.number);
    if ('value' in message) resolve(message.value);
    else reject(errorOf(message.thrown, this.#errors));
  }

  async #carryOut({ call, values, number }: Extract<Message, { call: string }>): Promise<void> {
    const handler = this.#handlers[call]!;
    if (number === undefined) return void (await handler(...values));
    try {
      this.#say({ number, value: await handler(...values) });
    } catch (error) {
      this.#say({ number, thrown: thrownOf(error) });
    }
    // An open port would keep the thread alive.
    if (call === 'close' && 'close' in this.#port) this.#port.close();
  }
}

/** An error as plain values: an Error object would arrive without its class and its own fields. */
interface Thrown {
  className: string;
  message: string;
  stack: string | undefined;
  fields: Record<string, unknown>;
  cause: Thrown | undefined;
}

export function thrownOf(error: unknown): Thrown {
  if (!(error instanceof Error)) return thrownOf(new Error(String(error)));
  const isPlain = ([, value]: [string, unknown]): boolean => typeof value !== 'object' || value === null;
  return {
    className: error.constructor.name,
    message: error.message,
    // The stack shows where a bug happened.
    stack: error.stack,
    fields: Object.fromEntries(Object.entries(error).filter(isPlain)),
    cause: error.cause === undefined ? undefined : thrownOf(error.cause),
  };
}

export function errorOf(
  { className, message, stack, fields, cause }: Thrown,
  classes: readonly ErrorClass[],
): Error {
  const because = cause === undefined ? {} : { cause: errorOf(cause, classes) };
  const error = Object.assign(new Error(message, because), fields);
  if (stack !== undefined) error.stack = stack;
  const known = [OperationalError, ...classes].find(({ name }) => name === className);
  return known === undefined ? error : (Object.setPrototypeOf(error, known.prototype) as Error);
}
