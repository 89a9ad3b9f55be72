/** The server of the live page, on real sockets. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { startDashboard, type Dashboard } from '../../../src/page/server/server.ts';
import { runSource } from '../../../src/page/folder-run-source.ts';
import { EventReader } from './read-events.ts';
import { newDir, runUnderWay } from './served-runs.ts';

const start = (dir: string, port = 0): Promise<Dashboard> =>
  startDashboard({ source: runSource(dir), page: 'the page', contentPolicy: "default-src 'none'", port });

/** The reader keeps its connection open for further requests, like a browser. */
test('a server that closes tells its watching pages, and does not wait for their connections', async () => {
  const dir = newDir();
  runUnderWay(dir, 'busy');
  const dashboard = await start(dir);
  const query = `?token=${dashboard.token}`;
  const reader = new EventReader(await fetch(`${dashboard.origin}/api/runs/busy/events${query}`));
  expect(await reader.next()).toMatchObject({ name: 'live' });
  expect(await (await fetch(`${dashboard.origin}/${query}`)).text()).toBe('the page');
  const startedAt = performance.now();
  await dashboard.close();
  // The server waits only for a connection that does not end, and at most for a second.
  expect(performance.now() - startedAt).toBeLessThan(700);
  expect(await reader.nextNamed('closing')).toBeNull();
  expect(await reader.next()).toBeUndefined();
  await expect(fetch(`${dashboard.origin}/${query}`)).rejects.toThrow('fetch failed');
});

test('each server has its own token, and a cookie with its port in the name', async () => {
  const [one, other] = await Promise.all([start(newDir()), start(newDir())]);
  expect(one.token).toMatch(/^[\w-]{24}$/);
  expect(one.token).not.toBe(other.token);
  expect((await fetch(`${other.origin}/?token=${one.token}`)).status).toBe(403);
  const { headers } = await fetch(`${one.origin}/?token=${one.token}`);
  const cookie = `nodrop-${new URL(one.origin).port}=${one.token}`;
  expect(headers.get('set-cookie')).toContain(`${cookie}; `);
  expect((await fetch(`${one.origin}/`, { headers: { cookie } })).status).toBe(200);
  await Promise.all([one.close(), other.close()]);
});

test('if the port is taken, the error names it and says what to do', async () => {
  const dashboard = await start(newDir());
  const port = Number(new URL(dashboard.origin).port);
  await expect(start(newDir(), port)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(`^The page cannot be served on port ${port}: .*EADDRINUSE`),
    hint: 'Choose another port, or leave it out for a free one.',
  });
  await dashboard.close();
});

test('the server listens only on 127.0.0.1', async () => {
  const dashboard = await start(newDir());
  const port = Number(new URL(dashboard.origin).port);
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const others = addresses.filter(({ address, scopeid }) => address !== '127.0.0.1' && !scopeid);
  for (const { address } of others) {
    await expect(once(connect(port, address), 'connect'), address).rejects.toThrow('ECONNREFUSED');
  }
  await dashboard.close();
});
