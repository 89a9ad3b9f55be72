/** Starts of a broker that take longer than those in `test/integration/broker.test.ts`. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startKafka } from '../../src/kafka/broker/start-kafka.ts';
import { endLeftover, leftoverProcess } from '../../src/system/process-record.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodrop-test-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await endLeftover(dir);
  await rm(dir, { recursive: true, force: true });
});

test('a port that another program takes while the broker starts is a usage error that names it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const start = startKafka({ port, dir });
  await vi.waitFor(() => expect(existsSync(join(dir, 'broker.log'))).toBe(true), { timeout: 20_000 });
  server.listen(port, '127.0.0.1');
  await expect(start).rejects.toMatchObject({ code: 'usage', message: `Port ${port} is in use.` });
  server.close();
});

test('a broker runs in a folder with letters beyond ASCII, whatever the locale is', async () => {
  vi.stubEnv('LC_ALL', 'POSIX');
  const broker = await startKafka({ dir: join(dir, 'größe') });
  expect(await leftoverProcess(broker.dir)).toBe(broker.pid);
  await broker.stop({ discard: true });
});
