/** What the page asks the server that it came from. */
import type { FeedEvents, RunRow } from '../../src/page/page-data.ts';
import type { Timeline } from '../../src/explain/timeline.ts';

/** The timeline of a message; rejects with a sentence for what nobody knows. */
export type Explain = (asked: string) => Promise<Timeline>;

export const explainIn =
  (run: string): Explain =>
  (asked) =>
    get(`/api/runs/${encodeURIComponent(run)}/messages/${encodeURIComponent(asked)}`);

export const listRuns = (): Promise<RunRow[]> => get('/api/runs');

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(path);
  const body: unknown = await answer.json();
  if (!answer.ok) throw new Error((body as { error: string }).error);
  return body as T;
}

type Listeners = { [Name in keyof FeedEvents]: (data: FeedEvents[Name]) => void };

const reopenMs = 1_000;

/**
 * `onConnected` is told whether the server answers. The browser goes on trying where a connection ended; where it was
 * refused, this does. Returns how to stop.
 */
export function watchRun(
  run: string,
  listeners: Listeners,
  onConnected: (isConnected: boolean) => void,
): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const isLast = (name: string): boolean => name !== 'live' && name !== 'series';
  const reopen = async (): Promise<void> => {
    const rows = await listRuns().catch(() => undefined);
    if (rows?.some(({ id }) => id === run) === false) listeners.gone(null);
    else timer = setTimeout(open, reopenMs);
  };
  function open(): void {
    source = new EventSource(`/api/runs/${encodeURIComponent(run)}/events`);
    source.addEventListener('open', () => onConnected(true));
    source.addEventListener('error', () => {
      onConnected(false);
      if (source.readyState === EventSource.CLOSED) void reopen();
    });
    for (const [name, listener] of Object.entries(listeners)) {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        if (isLast(name)) source.close();
        listener(JSON.parse(data) as never);
      });
    }
  }
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
