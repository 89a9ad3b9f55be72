/** A sink that is read by a thread of its own, so that topic and sink are read at the same time. */
import type { SinkColumn, SinkOptions } from '../../sinks/sink.ts';
import { startThread, type Thread } from '../../system/thread.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import type { ValueKind } from '../../values/value-batch.ts';
import type { LookOptions, SinkThread } from './sink-thread.ts';

export type SinkThreadParent = { progress: (rows: number) => void };

/** What one look at the sink found beside its facts. */
export type Look = Awaited<ReturnType<SinkThread['read']>>;

/** Starts the thread of a sink to be opened. It loads its program meanwhile. */
export const startSinkThread = (onProgress: (rows: number) => void): Thread<SinkThread> =>
  startThread<SinkThread>('./sink-thread', import.meta.url, { handlers: { progress: onProgress } });

export class ThreadedSink implements AsyncDisposable {
  /** Without user and secrets. */
  readonly name: string;
  readonly rows: string;
  readonly #thread: Thread<SinkThread>;

  private constructor(thread: Thread<SinkThread>, { name, rows }: { name: string; rows: string }) {
    this.#thread = thread;
    this.name = name;
    this.rows = rows;
  }

  /** Takes over the thread. Throws the errors of `Sink`; then the thread has ended. */
  static async open({ signal, ...options }: SinkOptions, thread: Thread<SinkThread>): Promise<ThreadedSink> {
    try {
      const sink = new ThreadedSink(thread, await thread.call('open', options));
      signal.addEventListener('abort', () => void thread.call('stop').catch(() => thread.terminate()), {
        once: true,
      });
      return sink;
    } catch (error) {
      await thread.terminate();
      throw error;
    }
  }

  async columns(): Promise<readonly SinkColumn[]> {
    return await this.#thread.call('columns');
  }

  async begin(
    places: readonly ValuePlace[],
  ): Promise<{ kinds: readonly ValueKind[]; estimate: number | undefined }> {
    return await this.#thread.call('begin', places);
  }

  async read(options: LookOptions): Promise<Look> {
    return await this.#thread.call('read', options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.close();
  }
}
