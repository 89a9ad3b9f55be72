/** The routes: the page, the list of runs, the events of a run, and the timeline of a message. All are read-only. */
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { messageOf, OperationalError } from '../../errors.ts';
import { Feed } from './feed.ts';
import { guard, type GuardOptions } from './guard.ts';
import type { RunSource } from './run-source.ts';

const readersMax = 64;
const explainedAtOnceMax = 2;
const askedLengthMax = 200;
const retryMs = 1_000;

export interface Routes {
  app: Hono;
  /** Sends the current state to all watchers and ends their streams. */
  close(): Promise<void>;
}

export function routesOf(source: RunSource, page: string, options: GuardOptions): Routes {
  const feeds = new Map<string, Feed>();
  let readers = 0;
  let explained = 0;
  const app = new Hono();
  app.use(guard(options));
  app.onError((error, context) =>
    context.json({ error: `This is a bug in nodrop: ${messageOf(error)}` }, 500),
  );
  app.notFound((context) => context.json({ error: 'There is nothing at this address.' }, 404));
  app.get('/', (context) => context.html(page));
  app.get('/runs/:run', (context) => context.html(page));
  app.get('/api/runs', async (context) => context.json(await source.list()));

  app.get('/api/runs/:run/events', (context) => {
    if (readers >= readersMax)
      return context.json({ error: 'Too many pages are open: close some of them.' }, 503);
    const name = context.req.param('run');
    const run = feeds.has(name) ? undefined : source.watch(name);
    const feed = feeds.get(name) ?? (run && new Feed(run));
    if (feed === undefined) return context.json({ error: `There is no run ${name}.` }, 404);
    feeds.set(name, feed);
    readers += 1;
    return streamSSE(context, async (stream) => {
      const left = new AbortController();
      stream.onAbort(() => left.abort());
      try {
        for await (const event of feed.events(left.signal)) {
          await stream.writeSSE({ event: event.name, data: event.data, retry: retryMs });
        }
      } finally {
        readers -= 1;
        if (!feed.isRead && feeds.get(name) === feed) feeds.delete(name);
      }
    });
  });

  app.get('/api/runs/:run/messages/:asked', async (context) => {
    const { run, asked } = context.req.param();
    if (asked.length > askedLengthMax)
      return context.json({ error: 'This id is too long for a message.' }, 400);
    if (explained >= explainedAtOnceMax)
      return context.json({ error: 'Other searches are running: try again.' }, 429);
    explained += 1;
    try {
      return context.json(await source.explain(run, asked));
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      return context.json({ error: error.message }, 404);
    } finally {
      explained -= 1;
    }
  });

  return {
    app,
    close: async () => {
      await Promise.all([...feeds.values()].map((feed) => feed.close()));
    },
  };
}
