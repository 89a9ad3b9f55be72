/** The proxy on real sockets, in front of an echo server. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTcpProxy, type TcpProxy } from '../../../src/faults/proxy/tcp-proxy.ts';
import { bandwidth, cut, latency, slowClose } from '../../../src/faults/proxy/toxics.ts';

let server: Server;
let proxy: TcpProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await openTcpProxy({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  server.close();
});

interface Client {
  socket: Socket;
  received: () => Buffer;
  until: (bytes: number) => Promise<void>;
}

async function newClient(): Promise<Client> {
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  clients.push(socket);
  const pieces: Buffer[] = [];
  let bytes = 0;
  socket.on('data', (piece: Buffer) => {
    pieces.push(piece);
    bytes += piece.length;
  });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return {
    socket,
    received: () => Buffer.concat(pieces),
    until: async (count) => {
      await expect.poll(() => bytes, { interval: 1, timeout: 10_000 }).toBeGreaterThanOrEqual(count);
    },
  };
}

test('without a toxic, 8 MiB and the end of each side pass unchanged', async () => {
  const client = await newClient();
  const sent = Buffer.alloc(8 * 1024 * 1024, 'payload ');
  client.socket.end(sent);
  await once(client.socket, 'end');
  expect(client.received().equals(sent)).toBe(true);
});

test('a cut counts the bytes that it holds back, and they arrive in order once it is mended', async () => {
  const client = await newClient();
  const toxic = cut();
  expect(toxic.effect()).toBeUndefined();
  const mend = proxy.add(toxic, 'up');
  client.socket.write('one ');
  await expect.poll(() => toxic.effect()).toBe('4 bytes were held back');
  client.socket.write('two');
  const other = await newClient();
  other.socket.write('three');
  await expect.poll(() => toxic.effect()).toBe('9 bytes were held back');
  expect([client.received().length, other.received().length]).toEqual([0, 0]);
  mend();
  await client.until(7);
  await other.until(5);
  expect(client.received().toString()).toBe('one two');
});

test('with only the answers cut off, the server still gets all requests', async () => {
  const heard = new Promise((resolve) =>
    server.once('connection', (socket) => socket.once('data', (bytes) => resolve(String(bytes)))),
  );
  const client = await newClient();
  const toxic = cut();
  proxy.add(toxic, 'down');
  client.socket.write('request');
  expect(await heard).toBe('request');
  await expect.poll(() => toxic.effect()).toBe('7 bytes were held back');
  expect(client.received().length).toBe(0);
});

test('a client can close its connection while a cut holds its data back', async () => {
  const toxic = cut();
  proxy.add(toxic, 'up');
  const client = await newClient();
  client.socket.write('lost');
  await expect.poll(() => toxic.effect()).toBe('4 bytes were held back');
  client.socket.destroy();
  await once(client.socket, 'close');
});

test('latency counts from the arrival of each piece, so pieces do not wait for each other', async () => {
  const client = await newClient();
  const toxic = latency(200, 0, Math.random);
  proxy.add(toxic, 'up');
  const startedAt = performance.now();
  for (const piece of ['a', 'b', 'c', 'd']) {
    client.socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await client.until(4);
  const tookMs = performance.now() - startedAt;
  expect(tookMs).toBeGreaterThan(200);
  expect(tookMs).toBeLessThan(600);
  expect(client.received().toString()).toBe('abcd');
  expect(toxic.effect()).toMatch(/^[1-4] pieces? of data came 200±0 ms later$/);
});

test('the jitter of a latency stays within its bounds', async () => {
  const gone = new AbortController().signal;
  const took: number[] = [];
  for (const random of [() => 0, () => 1]) {
    const startedAt = performance.now();
    await latency(100, 60, random).pass({ bytes: Buffer.alloc(1), arrivedAtMs: startedAt }, gone);
    took.push(performance.now() - startedAt);
  }
  expect(took[0]).toBeGreaterThanOrEqual(38);
  expect(took[1]).toBeGreaterThanOrEqual(158);
});

test('a bandwidth of 100 kB a second lets 30 kB pass in 300 ms', async () => {
  const client = await newClient();
  const toxic = bandwidth(100_000);
  proxy.add(toxic, 'up');
  const startedAt = performance.now();
  client.socket.write(Buffer.alloc(30_000));
  await client.until(30_000);
  expect(performance.now() - startedAt).toBeGreaterThan(290);
  expect(toxic.effect()).toBe('30000 bytes took 300 ms to pass');
});

test('a slow close delays the end of a connection', async () => {
  const client = await newClient();
  const toxic = slowClose(150);
  proxy.add(toxic, 'up');
  const startedAt = performance.now();
  client.socket.end('last');
  await once(client.socket, 'end');
  expect(client.received().toString()).toBe('last');
  expect(performance.now() - startedAt).toBeGreaterThan(145);
  expect(toxic.effect()).toBe('1 connection was closed 150 ms late');
});

test('a slow close delays the end of a broken connection too', async () => {
  const toxic = slowClose(150);
  proxy.add(toxic, 'up');
  const accepted = once(server, 'connection');
  const client = await newClient();
  client.socket.write('x');
  await client.until(1);
  const [served] = (await accepted) as [Socket];
  const startedAt = performance.now();
  client.socket.resetAndDestroy();
  await new Promise((resolve) => served.once('close', resolve));
  expect(performance.now() - startedAt).toBeGreaterThan(145);
  expect(toxic.effect()).toBe('1 connection was closed 150 ms late');
});

test('a reset ends all connections with ECONNRESET, and new ones work', async () => {
  const client = await newClient();
  client.socket.write('x');
  await client.until(1);
  const failed = new Promise((resolve) => client.socket.once('error', resolve));
  expect(proxy.reset()).toBe(1);
  expect(await failed).toMatchObject({ code: 'ECONNRESET' });
  const next = await newClient();
  next.socket.write('again');
  await next.until(5);
});

test('a refusal refuses and counts new connections until it is lifted, and existing ones continue', async () => {
  const client = await newClient();
  const refusal = proxy.refuse();
  for (let times = 1; times <= 2; times++) {
    const refused = connect({ port: proxy.port, host: '127.0.0.1' });
    refused.on('data', () => undefined);
    expect(await once(refused, 'error')).toMatchObject([{ code: 'ECONNRESET' }]);
    expect(refusal.count()).toBe(times);
  }
  client.socket.write('still there');
  await client.until(11);
  refusal.lift();
  const next = await newClient();
  next.socket.write('again');
  await next.until(5);
  expect(refusal.count()).toBe(2);
});

test('if the server is down, the proxy ends the connection', async () => {
  server.close();
  await once(server, 'close');
  const client = await newClient();
  await expect.poll(() => client.socket.destroyed).toBe(true);
});
