/** The events of one run, for all pages that watch it. It reads the run's files only while a page watches. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedEvents } from '../page-data.ts';
import type { WatchedRun } from './run-source.ts';

/** Short enough to show two changes a second even on a busy machine. */
const everyMs = 250;
const seriesEveryMs = 1_000;

type Name = keyof FeedEvents;
/** `data` as JSON. */
export interface FeedEvent {
  name: Name;
  data: string;
}

const last: readonly Name[] = ['ended', 'closing', 'gone'];

export class Feed {
  readonly #run: WatchedRun;
  /** The latest event of each name, and the number of changes up to it. */
  readonly #latest = new Map<Name, { data: string; change: number }>();
  #changes = 0;
  #changed = Promise.withResolvers<void>();
  #readers = 0;
  #closing = new AbortController();
  #seriesAtMs = -Infinity;

  constructor(run: WatchedRun) {
    this.#run = run;
  }

  get isRead(): boolean {
    return this.#readers > 0;
  }

  /**
   * Yields the current state, then each change, until the last event or the signal. A slow reader misses events that
   * were replaced meanwhile.
   */
  async *events(signal: AbortSignal): AsyncGenerator<FeedEvent> {
    let seen = 0;
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#readers += 1;
    if (this.#readers === 1) void this.#work();
    try {
      while (!signal.aborted) {
        const news = [...this.#latest].filter(([, { change }]) => change > seen);
        seen = this.#changes;
        for (const [name, { data }] of news) {
          yield { name, data };
          if (last.includes(name)) return;
        }
        if (news.length === 0) await Promise.race([this.#changed.promise, aborted]);
      }
    } finally {
      this.#readers -= 1;
    }
  }

  /** Sends the current state, then the last event. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (this.isRead && !(await this.#look())) this.#say('closing', null);
  }

  async #work(): Promise<void> {
    while (this.isRead && !this.#closing.signal.aborted) {
      if (await this.#look()) return;
      await sleep(everyMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
  }

  /** Whether this was the last look. */
  async #look(): Promise<boolean> {
    try {
      return await this.#tellNews();
    } catch {
      // Files that cannot be read now may be readable at the next look.
      if (this.#run.isThere()) return false;
      this.#say('gone', null);
      return true;
    }
  }

  async #tellNews(): Promise<boolean> {
    const run = this.#run;
    const isUnderWay = await run.isUnderWay();
    const ended = isUnderWay ? undefined : await run.ended();
    if (ended !== undefined) {
      this.#say('ended', ended);
      return true;
    }
    run.look();
    this.#say('live', { isUnderWay, progress: run.progress() });
    const nowMs = performance.now();
    if (nowMs - this.#seriesAtMs >= seriesEveryMs) {
      this.#seriesAtMs = nowMs;
      const series = run.series(isUnderWay ? Date.now() : Infinity);
      if (series !== null) this.#say('series', series);
    }
    return false;
  }

  #say<N extends Name>(name: N, value: FeedEvents[N]): void {
    const data = JSON.stringify(value);
    if (this.#latest.get(name)?.data === data) return;
    this.#changes += 1;
    this.#latest.set(name, { data, change: this.#changes });
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
