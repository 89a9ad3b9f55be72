/** The thread of the live page: from a folder of runs to a server, until it is told to close. */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { startDashboard } from './server/server.ts';
import { OperationalError } from '../errors.ts';
import type { FromPageThread, LivePageOptions } from './start-page.ts';
import { contentPolicy, pageTemplate } from './page-html.ts';
import { runSource } from './folder-run-source.ts';

const port = parentPort!;
const options = workerData as LivePageOptions;
const say = (message: FromPageThread): void => port.postMessage(message);

try {
  const page = readFileSync(pageTemplate, 'utf8');
  const dashboard = await startDashboard({
    source: runSource(options.dir),
    page,
    contentPolicy: contentPolicy(page, "'self'"),
    port: options.port,
  });
  say({ type: 'started', origin: dashboard.origin, token: dashboard.token });
  port.once('message', () => {
    void dashboard.close().then(() => port.close());
  });
} catch (error) {
  if (!(error instanceof OperationalError)) throw error;
  say({ type: 'failed', message: error.message, hint: error.hint });
}
