/** The page's requests to the server that it came from. */
import type { FeedEvents, RunRow } from '../../src/page/page-data.ts';
import type { Timeline } from '../../src/explain/timeline.ts';

/** The timeline of a message; rejects with a sentence if no evidence knows it. */
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
 * `onConnected` is called with whether the server answers. If a connection ends, the browser reconnects; if one is
 * refused, this function does. Returns a function that stops it.
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
