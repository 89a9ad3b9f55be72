/**
 * Threads, and how they speak: either side calls by name what the other serves. Values are copied on their way, but for
 * memory that threads share. An error has its class, its fields and its stack again where it arrives.
 */
import { parentPort, Worker, type MessagePort } from 'node:worker_threads';
import { OperationalError } from '../errors.ts';

/** What one side serves. `close` is what a thread does before it ends. */
export type Handlers = Readonly<Record<string, (...values: never[]) => unknown>>;

type ErrorClass = abstract new (...values: never[]) => Error;

export interface ThreadOptions {
  /** What the thread has as `workerData`. */
  data?: unknown;
  /** What it may call here. */
  handlers?: Handlers;
  /** Classes of errors that it may throw, beside `OperationalError`; of others, `Error` arrives. */
  errors?: readonly ErrorClass[];
}

/** Starts the program of this path, without its ending: `./store-thread` beside the importer's `import.meta.url`. */
export function startThread<Theirs extends Handlers>(
  path: string,
  importer: string,
  options: ThreadOptions = {},
): Thread<Theirs> {
  // Sources in a clone, compiled in a package: as the importer is.
  return new Thread(new URL(`${path}${importer.slice(-3)}`, importer), options);
}

/** To be called by the program of a thread. Returns what calls its parent. */
export const serveThread = <Parents extends Handlers>(handlers: Handlers): Peer<Parents> =>
  new Peer<Parents>(parentPort!, handlers, []);

export class Thread<Theirs extends Handlers> {
  /** Settles once it has ended, with why. */
  readonly ended: Promise<Error>;
  readonly call: Peer<Theirs>['call'];
  readonly #worker: Worker;
  #hasEnded = false;

  constructor(program: URL, { data, handlers = {}, errors = [] }: ThreadOptions) {
    const worker = new Worker(program, { workerData: data });
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

  /** It keeps the process no more, until it is closed. */
  unref(): void {
    this.#worker.unref();
  }

  /** Has it do what is left, and end. Throws what that throws; what ended it before, its last call has thrown. */
  async close(): Promise<void> {
    if (this.#hasEnded) return;
    this.#worker.ref();
    await this.call('close', ...([] as unknown as Parameters<Theirs['close']>));
    await this.ended;
  }

  /** Ends it wherever it is. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** One without a number wants no answer. */
type Message =
  | { call: string; values: readonly never[]; number: number | undefined }
  | { number: number; value: unknown }
  | { number: number; thrown: Thrown };

class Peer<Theirs extends Handlers> {
  readonly #port: Worker | MessagePort;
  readonly #handlers: Handlers;
  readonly #errors: readonly ErrorClass[];
  /** By number. */
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #nextNumber = 0;
  /** Why the other side answers no more. */
  #end: Error | undefined;

  constructor(port: Worker | MessagePort, handlers: Handlers, errors: readonly ErrorClass[]) {
    this.#port = port;
    this.#handlers = handlers;
    this.#errors = errors;
    port.on('message', (message: Message) => void this.#hear(message));
  }

  /** Throws what the handler does, or why the thread has ended. */
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

  /** Calls, and waits for nothing. Calls are heard in their order, and before the answer to an earlier one. */
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
    // Without it, nothing keeps the thread.
    if (call === 'close' && 'close' in this.#port) this.#port.close();
  }
}

/** An error in plain values: as an object, it would arrive without its class and its own fields. */
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
    // A bug is looked for where it happened.
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
