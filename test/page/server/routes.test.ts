/** Access to the live page, and its answers. */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runOnDisk } from '../../audit/history/run-on-disk.ts';
import { page, policy, runUnderWay, serveRuns, token } from './served-runs.ts';

const { dir, routes, ask } = serveRuns();
runUnderWay(dir, 'busy');

const statusFor = async (headers: Record<string, string>, path = '/api/runs'): Promise<number> =>
  (await routes.app.request(path, { headers })).status;
const cookie = `nodrop-1=${token}`;

test.each([
  ['localhost', 200],
  ['localhost:8080', 200],
  ['127.0.0.1', 200],
  ['127.0.0.1:65535', 200],
  ['[::1]:80', 200],
  ['evil.com', 403],
  ['evil.com:8080', 403],
  ['127.0.0.1.evil.com', 403],
  ['localhost.evil.com:1', 403],
  ['evil.com#127.0.0.1', 403],
  ['127.0.0.1:8080@evil.com', 403],
  ['127.0.0.1:', 403],
  ['', 403],
])('a request with the host name %j gets status %i', async (host, status) => {
  expect(await statusFor({ host, cookie })).toBe(status);
});

test.each([
  ['http://127.0.0.1:1', 200],
  ['http://127.0.0.1:2', 403],
  ['https://127.0.0.1:1', 403],
  ['http://localhost:1', 403],
  ['http://evil.com', 403],
  ['null', 403],
])('a request from a page of origin %s gets status %i', async (origin, status) => {
  expect(await statusFor({ host: '127.0.0.1:1', cookie, origin })).toBe(status);
});

test('each path answers with the right token, and answers 403 without it', async () => {
  const host = '127.0.0.1:1';
  for (const path of ['/', '/runs/busy', '/api/runs', '/api/runs/busy/messages/p0-1', '/nowhere']) {
    const closed = await routes.app.request(path, { headers: { host } });
    expect([path, closed.status]).toEqual([path, 403]);
    expect(await closed.text()).not.toContain(token);
    expect(closed.headers.get('set-cookie')).toBeNull();
    const open = [
      await statusFor({ host, cookie }, path),
      await statusFor({ host }, `${path}?token=${token}`),
    ];
    for (const status of open) expect([path, status]).not.toEqual([path, 403]);
  }
  for (const wrong of [
    '',
    'wrong',
    `${token}x`,
    token.slice(1),
    token.toUpperCase(),
    'é'.repeat(token.length),
  ]) {
    const query = `/?token=${encodeURIComponent(wrong)}`;
    expect([wrong, await statusFor({ host }, query)]).toEqual([wrong, 403]);
    const given = encodeURIComponent(wrong);
    expect([wrong, await statusFor({ host, cookie: `nodrop-1=${given}` })]).toEqual([wrong, 403]);
    // A wrong token in the address is refused even with the right cookie.
    expect([wrong, await statusFor({ host, cookie }, query)]).toEqual([wrong, 403]);
  }
  // The cookie of another nodrop on this machine does not count.
  expect(await statusFor({ host, cookie: `nodrop-2=${token}` })).toBe(403);
});

test('the printed address sets a cookie that no script and no other site can use', async () => {
  const headers = { host: '127.0.0.1:1' };
  const answer = await routes.app.request(`/runs/busy?token=${token}`, { headers });
  expect(await answer.text()).toBe(page);
  const [pair, ...attributes] = answer.headers.get('set-cookie')!.split('; ');
  expect(pair).toBe(cookie);
  expect(attributes.sort()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict']);
  expect((await ask('/')).headers.get('set-cookie')).toBeNull();
});

/** Every file and folder, with its size and time. */
const stateOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return `${name} ${size} ${mtimeMs}`;
    });

test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND'])(
  'the method %s is refused, and changes no file',
  async (method) => {
    const before = stateOf(dir);
    for (const path of ['/', '/api/runs', '/api/runs/busy', '/api/runs/busy/events', '/runs/busy']) {
      const answer = await ask(path, { method });
      expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, 405, 'GET']);
    }
    expect(stateOf(dir)).toEqual(before);
  },
);

test('every answer has security headers, and a content policy that allows only what the page needs', async () => {
  for (const path of ['/', '/runs/busy', '/api/runs', '/nowhere', '/?token=wrong']) {
    const { headers } = await ask(path);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
  }
  const rules = new Map(policy.split('; ').map((rule) => rule.split(/ (.*)/, 2) as [string, string]));
  expect(rules.get('default-src')).toBe("'none'");
  expect(rules.get('script-src')).toMatch(/^'sha256-[\w+/]+=*'$/);
  expect(rules.get('connect-src')).toBe("'self'");
  for (const name of ['base-uri', 'form-action']) expect(rules.get(name)).toBe("'none'");
});

test('unknown runs and names that point out of the folder answer 404', async () => {
  writeFileSync(join(dir, 'secret'), 'secret');
  mkdirSync(join(dir, 'events'));
  const names = [
    'nobody',
    '..',
    '../..',
    '../secret',
    '..%2f..',
    '%2e%2e',
    'busy%00',
    'busy/..',
    '.',
    ' ',
    'é',
  ];
  for (const name of names) {
    const run = name.includes('%') ? name : encodeURIComponent(name);
    for (const path of [`/api/runs/${run}/events`, `/api/runs/${run}/messages/p0-1`]) {
      const answer = await ask(path);
      expect([path, answer.status]).toEqual([path, 404]);
      const { error } = (await answer.json()) as { error: string };
      expect(error).toMatch(/^There is (no run|nothing at this address)/);
      expect(error).not.toContain(dir);
    }
  }
  expect((await ask('/api/runs/%E0%A4%A/events')).status).toBe(404);
});

test('the page answers with the timeline of a message, or 404 with a sentence if no evidence knows it', async () => {
  const { folder } = await runOnDisk({});
  const served = serveRuns(join(folder.path, '../..'));
  const known = await served.ask('/api/runs/r/messages/p0-3');
  expect([known.status, await known.json()]).toMatchObject([200, { run: 'r', id: 'p0-3', asExpected: true }]);
  expect((await served.ask('/api/runs/r/messages/0%3A3')).status).toBe(200);
  const unknown = await served.ask('/api/runs/r/messages/p7-1');
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toEqual({
    error: 'Run r knows no message p7-1: it was not planned, and no evidence has it.',
  });
  const asked = '<img src=x onerror=alert(1)>\u0000\u2028"';
  const hostile = await served.ask(`/api/runs/r/messages/${encodeURIComponent(asked)}`);
  expect([hostile.status, hostile.headers.get('content-type')]).toEqual([404, 'application/json']);
  const long = await served.ask(`/api/runs/r/messages/${'p'.repeat(201)}`);
  expect([long.status, await long.json()]).toEqual([400, { error: 'This id is too long for a message.' }]);
  expect((await served.ask(`/api/runs/r/messages/${'p'.repeat(200)}`)).status).toBe(404);
  // An audit takes a processor: of three at once, the third is refused with 429.
  const path = '/api/runs/r/messages/p0-3';
  const three = await Promise.all([served.ask(path), served.ask(path), served.ask(path)]);
  expect(three.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect((await served.ask(path)).status).toBe(200);
});
