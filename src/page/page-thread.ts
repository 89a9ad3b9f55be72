/** The thread of the live page: from a folder of runs to a server. */
import { readFileSync } from 'node:fs';
import { serveThread } from '../system/thread.ts';
import { startDashboard, type Dashboard } from './server/server.ts';
import type { LivePageOptions } from './start-page.ts';
import { contentPolicy, pageTemplate } from './page-html.ts';
import { runSource } from './folder-run-source.ts';

let dashboard: Dashboard;

const handlers = {
  /** Call it first, and only once. */
  async start({ dir, port }: LivePageOptions) {
    const page = readFileSync(pageTemplate, 'utf8');
    dashboard = await startDashboard({
      source: runSource(dir),
      page,
      contentPolicy: contentPolicy(page, "'self'"),
      port,
    });
    return { origin: dashboard.origin, token: dashboard.token };
  },
  close: () => dashboard.close(),
};
export type PageThread = typeof handlers;

serveThread(handlers);
