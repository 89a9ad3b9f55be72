import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clientFromSettings } from '../../../src/kafka/client/client-from-settings.ts';
import type { ClientSettings } from '../../../src/kafka/client/client-settings.ts';
import { localNames, makeAuthority } from '../../fixtures/certificate-authority.ts';
import { newDir } from '../../fixtures/nodrop.ts';
import {
  clientId,
  clientSecret,
  startTokenEndpoint,
  type TokenEndpoint,
} from '../../fixtures/token-endpoint.ts';

let endpoint: TokenEndpoint;
beforeEach(async () => {
  endpoint = await startTokenEndpoint();
});
afterEach(async () => {
  vi.useRealTimers();
  await endpoint[Symbol.asyncDispose]();
});

const module = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required';
const options = `clientId="${clientId}" clientSecret="${clientSecret}" scope="kafka"`;

/** The function that the connections call for a token. */
function tokens(jaas = `${module} ${options};`, settings: ClientSettings = {}): () => Promise<string> {
  const { sasl } = clientFromSettings({
    'security.protocol': 'SASL_PLAINTEXT',
    'sasl.mechanism': 'OAUTHBEARER',
    'sasl.jaas.config': jaas,
    'sasl.oauthbearer.token.endpoint.url': endpoint.url,
    ...settings,
  });
  return async () => await (sasl!.token as () => Promise<string>)();
}

test('a token is asked for once, with id, secret and scope, however many connections need it', async () => {
  const token = tokens();
  const [one, other] = await Promise.all([token(), token()]);
  expect([one, await token()]).toEqual([other, one]);
  expect(endpoint.requests).toEqual([
    {
      headers: expect.objectContaining({
        authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      }),
      body: 'grant_type=client_credentials&scope=kafka',
    },
  ]);
});

test('the settings of newer clients win over the options of the login module', async () => {
  const token = tokens(`${module} clientId="x" clientSecret="y" scope="z";`, {
    'sasl.oauthbearer.client.credentials.client.id': clientId,
    'sasl.oauthbearer.client.credentials.client.secret': clientSecret,
    'sasl.oauthbearer.scope': 'a b',
  });
  await token();
  expect(endpoint.requests[0]?.body).toBe('grant_type=client_credentials&scope=a+b');
});

test('id and secret are encoded as in a URL only on request', async () => {
  endpoint.answer = (response) => response.end(JSON.stringify({ access_token: 'opaque' }));
  expect(await tokens(undefined, { 'sasl.oauthbearer.header.urlencode': 'true' })()).toBe('opaque');
  const sent = endpoint.requests[0]?.headers.authorization?.split(' ')[1] ?? '';
  expect(Buffer.from(sent, 'base64').toString()).toBe('pipe:s3cret%2F%2B%3A');
});

test('connections with the same settings share their tokens', async () => {
  const settings: ClientSettings = {
    'security.protocol': 'SASL_PLAINTEXT',
    'sasl.mechanism': 'OAUTHBEARER',
    'sasl.jaas.config': `${module} ${options};`,
    'sasl.oauthbearer.token.endpoint.url': endpoint.url,
  };
  for (let count = 0; count < 3; count++) {
    await (clientFromSettings(settings).sasl!.token as () => Promise<string>)();
  }
  expect(endpoint.requests).toHaveLength(1);
});

test('a token is renewed before it expires, and serves until its end if the endpoint fails', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  endpoint.livesMs = 100_000;
  const token = tokens();
  const first = await token();
  vi.setSystemTime(Date.now() + 65_000);
  expect(await token()).toBe(first);
  vi.setSystemTime(Date.now() + 10_000);
  endpoint.answer = (response) => response.writeHead(503).end();
  expect(await token()).toBe(first);
  expect(endpoint.requests).toHaveLength(2);
  // The endpoint that failed is not asked by each connection.
  expect(await token()).toBe(first);
  expect(endpoint.requests).toHaveLength(2);
  vi.setSystemTime(Date.now() + 10_000);
  endpoint.answer = undefined;
  const second = await token();
  expect(second).not.toBe(first);
  vi.setSystemTime(Date.now() + 100_001);
  endpoint.answer = (response) => response.writeHead(503).end();
  await expect(token()).rejects.toThrow('answers with HTTP status 503');
});

test('a lifetime that only the answer tells counts too', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  endpoint.answer = (response) => response.end(JSON.stringify({ access_token: 'opaque', expires_in: 100 }));
  const token = tokens();
  await token();
  vi.setSystemTime(Date.now() + 65_000);
  await token();
  expect(endpoint.requests).toHaveLength(1);
  vi.setSystemTime(Date.now() + 10_000);
  await token();
  expect(endpoint.requests).toHaveLength(2);
});

type Answer = (response: Parameters<NonNullable<TokenEndpoint['answer']>>[0]) => void;

test.each<[what: string, answer: Answer, words: RegExp, isFinal: boolean]>([
  [
    'refuses the secret',
    (response) => response.writeHead(401).end('{"error":"invalid_client","error_description":"s3cret/+:"}'),
    /answers with HTTP status 401 \(invalid_client\)\.$/,
    true,
  ],
  [
    'is no token endpoint',
    (response) => response.end('<html>s3cret/+:</html>'),
    /holds no access_token/,
    true,
  ],
  [
    'redirects',
    (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    /HTTP status 302/,
    true,
  ],
  ['is overloaded', (response) => response.writeHead(503).end(), /HTTP status 503/, false],
  [
    'does not end its answer',
    (response) => response.writeHead(200).end('x'.repeat(300_000)),
    /more than 262144 bytes/,
    false,
  ],
  ['hangs up', (response) => response.destroy(), /cannot be reached: socket hang up/, false],
])(
  'an endpoint that %s is named, with the setting and without a secret',
  async (_, answer, words, isFinal) => {
    endpoint.answer = answer;
    const error: unknown = await tokens()().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: expect.stringMatching(words) });
    const { message, hint = '', code } = error as { message: string; hint?: string; code?: string };
    expect(message).toContain(`sasl.oauthbearer.token.endpoint.url: `);
    expect(message).toContain(endpoint.url);
    expect(message + hint).not.toContain('s3cret');
    expect(code).toBe(isFinal ? 'unavailable' : undefined);
  },
);

test('an endpoint with TLS is trusted by the truststore of the login module alone', async () => {
  const authority = makeAuthority('test CA');
  const pem = readFileSync(authority.sign('endpoint', localNames).pairPath);
  const server = createServer({ key: pem, cert: pem }, (_, response) => {
    response.end(JSON.stringify({ access_token: 'over-tls' }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = { 'sasl.oauthbearer.token.endpoint.url': `https://127.0.0.1:${port}/token` } as const;
  try {
    const trusting = `${module} ${options} ssl.truststore.type=PEM ssl.truststore.location="${authority.certificatePath}";`;
    expect(await tokens(trusting, url)()).toBe('over-tls');
    await expect(tokens(undefined, url)()).rejects.toThrow(/cannot be reached: .*certificate/);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test('a file in the place of an endpoint is read again for each login', async () => {
  const path = join(newDir(), 'token');
  writeFileSync(path, 'one\n');
  const token = tokens(`${module};`, { 'sasl.oauthbearer.token.endpoint.url': pathToFileURL(path).href });
  expect(await token()).toBe('one');
  writeFileSync(path, 'two\n');
  expect(await token()).toBe('two');
});

test('extensions of the login module are sent along', () => {
  const { sasl } = clientFromSettings({
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': 'OAUTHBEARER',
    'sasl.jaas.config': `${module} ${options} extension_logicalCluster="lkc-1" extension_poolId=x;`,
    'sasl.oauthbearer.token.endpoint.url': 'https://id.example/token',
  });
  expect(sasl?.oauthBearerExtensions).toEqual({ logicalCluster: 'lkc-1', poolId: 'x' });
});
