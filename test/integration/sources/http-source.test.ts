/** A real HTTP service as a source. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import type { HttpSource } from '../../../src/config/config.ts';
import { openHttpSource } from '../../../src/sources/http/http-source.ts';
import type { Handover, OpenedSource, OutgoingMessage } from '../../../src/sources/source.ts';
import { freePorts } from '../../../src/system/ports.ts';
import { localNames, makeAuthority } from '../../fixtures/certificate-authority.ts';
import { numbered, outgoing, sourceOptions } from '../../fixtures/outgoing.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(server: Server | ReturnType<typeof createTcpServer>, port = 0): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

const serve = async (listener: RequestListener, port?: number): Promise<string> =>
  `http://127.0.0.1:${await listen(createServer(listener), port)}/orders?token=secret`;

function open(http: string, source: Partial<HttpSource> = {}, timeoutMs = 10_000): OpenedSource {
  const opened = openHttpSource({ http, ...source }, sourceOptions({ timeoutMs }));
  closers.push(() => opened.close());
  return opened;
}

const send = async (source: OpenedSource, ...messages: OutgoingMessage[]): Promise<Handover[]> =>
  (await Promise.all(messages.map((message) => source.send([message])))).flat();

test('a request has the value as its body, and the headers of the config and of the message', async () => {
  const seen: { request: IncomingMessage; body: Buffer }[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    seen.push({ request, body: await buffer(request) });
    response.writeHead(204).end();
  };
  const url = await serve((request, response) => void answer(request, response));
  const source = open(url, { method: 'PUT', headers: { Authorization: 'Bearer t', 'X-Kind': 'any' } });
  const outcomes = [
    await send(source, outgoing(0, { sku: 'é' }, { headers: { 'event-id': 'm-0', 'x-kind': 'own' } })),
    await send(source, outgoing(1, 'text')),
    await send(source, outgoing(2, Buffer.from([0, 255]))),
  ].flat();
  expect(outcomes).toEqual([{ outcome: 'acked' }, { outcome: 'acked' }, { outcome: 'acked' }]);
  expect(seen.map(({ body }) => body)).toEqual([
    Buffer.from('{"sku":"é"}'),
    Buffer.from('text'),
    Buffer.from([0, 255]),
  ]);
  const [first, second, third] = seen.map(({ request }) => request);
  expect(first).toMatchObject({ method: 'PUT', url: '/orders?token=secret' });
  expect(first!.headers).toMatchObject({
    'event-id': 'm-0',
    'x-kind': 'own',
    authorization: 'Bearer t',
    'content-type': 'application/json',
  });
  expect(second!.headers).toMatchObject({ 'x-kind': 'any', 'content-type': 'text/plain; charset=utf-8' });
  expect(third!.headers['content-type']).toBe('application/octet-stream');
  // One connection serves them all.
  expect(new Set(seen.map(({ request }) => request.socket)).size).toBe(1);
});

test('the status is the outcome: accepted, refused by the service, or neither', async () => {
  const url = await serve((request, response) => {
    request.resume();
    response.writeHead(Number(request.headers['want'])).end('why');
  });
  const outcomesOf = async (statuses: number[], accepted?: number[]): Promise<string[]> => {
    const source = open(url, accepted && { accepted });
    const messages = statuses.map((status) => outgoing(status, {}, { headers: { want: String(status) } }));
    return (await send(source, ...messages)).map(({ outcome }) => outcome);
  };
  expect(await outcomesOf([200, 201, 202, 299])).toEqual(['acked', 'acked', 'acked', 'acked']);
  expect(await outcomesOf([400, 404, 409, 413, 425, 429, 499])).toEqual(Array(7).fill('rejected'));
  expect(await outcomesOf([302, 408, 500, 502, 503, 504])).toEqual(Array(6).fill('unknown'));
  expect(await outcomesOf([200, 202, 409], [202, 409])).toEqual(['unknown', 'acked', 'acked']);
});

test('no more requests than the concurrency are under way at a time', async () => {
  let underWay = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  const url = await serve((request, response) => {
    request.resume();
    most = Math.max(most, ++underWay);
    waiting.push(() => {
      underWay -= 1;
      response.end();
    });
    if (waiting.length === 4) for (const answer of waiting.splice(0)) setImmediate(answer);
  });
  const source = open(url, { concurrency: 4 });
  expect(source.concurrency).toBe(4);
  const outcomes = await send(source, ...numbered(40));
  expect(outcomes.every(({ outcome }) => outcome === 'acked')).toBe(true);
  expect(most).toBe(4);
});

test('a connection that breaks after the request left, or no answer in time, makes the outcome unknown', async () => {
  let requests = 0;
  const url = await serve((request, response) => {
    request.resume();
    requests += 1;
    const how = request.headers['want'];
    if (how === 'cut') request.socket.destroy();
    else if (how === 'half') {
      response.writeHead(200, { 'content-length': '10' }).write('abc', () => request.socket.destroy());
    } else if (how === 'endless') response.writeHead(200).write('abc');
  });
  const want = (how: string, sequence: number): OutgoingMessage =>
    outgoing(sequence, {}, { headers: { want: how } });
  const source = open(url, {}, 500);
  const outcomes = await send(source, want('cut', 0), want('half', 1), want('endless', 2), want('silent', 3));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(4).fill('unknown'));
  expect(outcomes[3]!.error).toBe('no whole answer within 0.5 s');
  // nodrop sends none of them again.
  expect(requests).toBe(4);
});

test('of an answer without an end, the status counts and the rest is left', async () => {
  const url = await serve((request, response) => {
    request.resume();
    response.writeHead(201);
    const more = (): void => {
      while (response.writable && response.write('x'.repeat(10_000)));
      response.once('drain', more);
    };
    more();
  });
  expect(await send(open(url), outgoing(0, {}))).toEqual([{ outcome: 'acked' }]);
});

test('what is no HTTP makes the outcome unknown', async () => {
  const port = await listen(
    createTcpServer((socket) => void socket.once('data', () => socket.end('\0\x01no\n'))),
  );
  const [outcome] = await send(open(`http://127.0.0.1:${port}/`), outgoing(0, {}));
  expect(outcome).toMatchObject({ outcome: 'unknown' });
});

test('while a service refuses connections, few messages are rejected, and the others wait for it', async () => {
  const [port] = await freePorts(1);
  const source = open(`http://127.0.0.1:${port}/orders`, { concurrency: 4 });
  const [first] = await send(source, outgoing(0, {}));
  expect(first).toMatchObject({
    outcome: 'rejected',
    error: expect.stringContaining('ECONNREFUSED') as string,
  });
  const all = send(source, ...numbered(100, 1));
  await serve((request, response) => void request.resume().once('end', () => response.end()), port);
  const outcomes = await all;
  const acked = outcomes.filter(({ outcome }) => outcome === 'acked').length;
  expect(acked).toBeGreaterThan(90);
  expect(outcomes.every(({ outcome }) => outcome === 'acked' || outcome === 'rejected')).toBe(true);
});

test('a service that refuses connections for the time limit ends the run, and the error has no path of its address', async () => {
  const [port] = await freePorts(1);
  const source = open(`http://127.0.0.1:${port}/hook/secret?token=secret`, {}, 500);
  const failed = (async () => {
    for (;;) await source.send([outgoing(0, {})]);
  })();
  await expect(failed).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(
      `http://127.0.0.1:${port} has refused all connections for 0.5 s`,
    ) as string,
  });
  await expect(failed).rejects.toMatchObject({ message: expect.not.stringContaining('secret') as string });
});

test('a certificate that is not trusted rejects: not a byte of the request has left', async () => {
  const { certificate: cert, key } = makeAuthority('http').sign('service', localNames);
  let requests = 0;
  const port = await listen(createTlsServer({ cert, key }, () => (requests += 1)));
  const [outcome] = await send(open(`https://127.0.0.1:${port}/`), outgoing(0, {}));
  expect(outcome).toMatchObject({
    outcome: 'rejected',
    error: expect.stringContaining('certificate') as string,
  });
  expect(requests).toBe(0);
});

test('headers and values that HTTP cannot carry are wrong usage', async () => {
  const url = await serve((request, response) => void request.resume().once('end', () => response.end()));
  const source = open(url);
  const refused = async (message: OutgoingMessage, why: string): Promise<void> =>
    await expect(source.send([message])).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(why) as string,
    });
  await refused(outgoing(0, {}, { headers: { h: 'é' } }), 'Message m-0: HTTP cannot carry its header h');
  await refused(outgoing(1, {}, { headers: { h: 'a\r\nb: c' } }), 'other characters');
  await refused(outgoing(2, {}, { headers: { h: 'a ' } }), 'begins or ends with a blank');
  await refused(outgoing(3, {}, { headers: { 'a b': 'c' } }), 'its name is none for HTTP');
  await refused(outgoing(4, {}, { headers: { 'Content-Length': '1' } }), 'belongs to the connection');
  await refused(outgoing(5, null), 'has no value');
  expect(() => open(url, { headers: { h: 'geheim\n' } })).toThrow(
    /cannot have the header h: its value has other/,
  );
  expect(() => open('ftp://host/geheim')).toThrow(/^The address of an HTTP source is no URL\.$/);
});

test('closing the source ends what is under way', async () => {
  const arrived = Promise.withResolvers<void>();
  const url = await serve(() => arrived.resolve());
  const source = open(url);
  const sending = source.send([outgoing(0, {})]);
  await arrived.promise;
  await source.close();
  expect(await sending).toEqual([{ outcome: 'unknown', error: 'the source was closed' }]);
});
