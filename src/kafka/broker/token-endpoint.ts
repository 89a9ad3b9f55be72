/**
 * A token endpoint on loopback, for clients that prove with a token who they are: OAuth 2.0 with client credentials. It
 * signs tokens with a key that is made at its start, and the brokers fetch the public key from it.
 */
import {
  generateKeyPairSync,
  randomUUID,
  sign,
  timingSafeEqual,
  createHash,
  type KeyObject,
} from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { loopback } from '../../system/ports.ts';
import { tokenAudience } from './secured-settings.ts';

/** Short, so that long runs renew their tokens, as they would elsewhere. */
const tokenSeconds = 300;
const requestMsMax = 5_000;

export interface TokenEndpoint extends AsyncDisposable {
  /** Such as `http://127.0.0.1:PORT`. */
  url: string;
}

/** `secrets`: by client id. The client id is the user's name. */
export async function openTokenEndpoint(secrets: Readonly<Record<string, string>>): Promise<TokenEndpoint> {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyId = randomUUID();
  const jwks = {
    keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: keyId, alg: 'ES256', use: 'sig' }],
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    // The grant is the only one there is, so the body says nothing new.
    request.resume();
    if (request.url === '/jwks' && request.method === 'GET') return reply(response, 200, jwks);
    if (request.url !== '/token' || request.method !== 'POST')
      return reply(response, 404, { error: 'not_found' });
    const user = userOf(request.headers.authorization, secrets);
    if (user === undefined) return reply(response, 401, { error: 'invalid_client' });
    const token = { access_token: signedToken(user, url, keyId, keys.privateKey), token_type: 'Bearer' };
    return reply(response, 200, { ...token, expires_in: tokenSeconds });
  };
  const server = createServer(
    { requestTimeout: requestMsMax, connectionsCheckingInterval: requestMsMax },
    answer,
  );
  server.listen(0, loopback);
  await once(server, 'listening');
  const url = `http://${loopback}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

/** The client that a header with basic authentication names; undefined if its secret is wrong. */
function userOf(header = '', secrets: Readonly<Record<string, string>>): string | undefined {
  const encoded = /^Basic ([\w+/=-]{1,1000})$/.exec(header)?.[1] ?? '';
  const [user = '', given = ''] = Buffer.from(encoded, 'base64').toString().split(':');
  const secret = Object.hasOwn(secrets, user) ? secrets[user] : undefined;
  return secret !== undefined && isSame(given, secret) ? user : undefined;
}

/** Takes the same time for each difference. */
const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function signedToken(user: string, issuer: string, keyId: string, key: KeyObject): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    sub: user,
    aud: tokenAudience,
    iat: now,
    exp: now + tokenSeconds,
    jti: randomUUID(),
    scope: tokenAudience,
  };
  const content = [{ alg: 'ES256', typ: 'JWT', kid: keyId }, claims].map(encode).join('.');
  const signature = sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
