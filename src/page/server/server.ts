/** The server of the live page, on the loopback interface only. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { messageOf, unavailableError } from '../../errors.ts';
import { routesOf } from './routes.ts';
import type { RunSource } from './run-source.ts';

const address = '127.0.0.1';
const tokenBytes = 18;
const closeMsMax = 3_000;
const idleAfterMs = 20;

export interface DashboardOptions {
  source: RunSource;
  page: string;
  contentPolicy: string;
  /** 0 for a free one. */
  port: number;
}

export interface Dashboard {
  /** `http://127.0.0.1:PORT`. */
  origin: string;
  /** Required for access: the query parameter `token` of the first address that is opened. */
  token: string;
  /** Sends the current state to all watchers, and ends. */
  close(): Promise<void>;
}

/** Throws `unavailable` if the port is taken. */
export async function startDashboard({
  source,
  page,
  contentPolicy,
  port,
}: DashboardOptions): Promise<Dashboard> {
  const token = randomBytes(tokenBytes).toString('base64url');
  let bound = port;
  const cookie = (): string => `nodrop-${bound}`;
  const routes = routesOf(source, page, { token, cookie, contentPolicy });
  const server = createAdaptorServer({ fetch: routes.app.fetch });
  server.listen(port, address);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw unavailableError(`The page cannot be served on port ${port}: ${messageOf(error)}`, {
      hint: 'Choose another port, or leave it out for a free one.',
    });
  }
  bound = (server.address() as AddressInfo).port;
  return {
    origin: `http://${address}:${bound}`,
    token,
    close: async () => {
      await routes.close();
      const closed = once(server, 'close');
      server.close();
      // Browsers keep connections open for later requests. A connection is idle only once its last answer was sent.
      const idle = setInterval(() => {
        if ('closeIdleConnections' in server) server.closeIdleConnections();
      }, idleAfterMs);
      const late = new Promise((resolve) => setTimeout(resolve, closeMsMax).unref());
      await Promise.race([closed, late]);
      clearInterval(idle);
    },
  };
}
