/**
 * Access tokens for SASL/OAUTHBEARER, from a token endpoint (OAuth 2.0, client credentials) or from a file. A token is
 * asked for again before it expires; if the endpoint fails then, the old one serves until its end.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestOptions } from 'node:http';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { messageOf, unavailableError, type OperationalError } from '../../errors.ts';
import { NotReadyError } from './not-ready-error.ts';

export interface TokenEndpoint {
  /** https, http or file. */
  url: URL;
  clientId: string;
  clientSecret: string;
  scope: string | undefined;
  /** Whether id and secret are encoded as in a URL, which the standard demands and few endpoints do. */
  urlEncode: boolean;
  tls: TlsOptions;
}

interface Token {
  text: string;
  /** In milliseconds since the epoch; undefined: unknown. */
  expiresAt: number | undefined;
  renewAt: number;
}

const setting = 'sasl.oauthbearer.token.endpoint.url';
const answerMsMax = 10_000;
const answerBytesMax = 256 * 1024;
/** The share of its life after which a token is renewed. Connections log in again after 80 % of what is left then. */
const renewalShare = 0.7;
/** How long the old token serves before the endpoint, which failed, is asked again. */
const renewalPauseMs = 5_000;

export class TokenSource {
  readonly #endpoint: TokenEndpoint;
  #token: Token | undefined;
  #renewal: Promise<Token> | undefined;

  constructor(endpoint: TokenEndpoint) {
    this.#endpoint = endpoint;
  }

  /** A token that is still valid. Throws `unavailable` if the endpoint refuses; `NotReadyError` if it may recover. */
  async token(): Promise<string> {
    const token = this.#token;
    if (token !== undefined && Date.now() < token.renewAt) return token.text;
    try {
      // Several connections may ask at once.
      this.#renewal ??= fetchToken(this.#endpoint).finally(() => (this.#renewal = undefined));
      this.#token = await this.#renewal;
      return this.#token.text;
    } catch (error) {
      if (token?.expiresAt === undefined || token.expiresAt <= Date.now()) throw error;
      token.renewAt = Date.now() + renewalPauseMs;
      return token.text;
    }
  }
}

async function fetchToken(endpoint: TokenEndpoint): Promise<Token> {
  const { url } = endpoint;
  const [text, livesMs] =
    url.protocol === 'file:' ? [await readTokenFile(url), undefined] : await askEndpoint(endpoint);
  const now = Date.now();
  const expiresAt = expiryOf(text) ?? (livesMs === undefined ? undefined : now + livesMs);
  const renewAt = expiresAt === undefined ? now : now + (expiresAt - now) * renewalShare;
  return { text, expiresAt, renewAt };
}

async function readTokenFile(url: URL): Promise<string> {
  try {
    return (await readFile(url, 'utf8')).trim();
  } catch (error) {
    throw unavailableError(`${setting}: ${url.href} cannot be read: ${messageOf(error)}`);
  }
}

/** The token, and how long the endpoint says that it lives (ms). */
async function askEndpoint(endpoint: TokenEndpoint): Promise<[token: string, livesMs: number | undefined]> {
  const { url } = endpoint;
  const { status, body } = await post(endpoint);
  const answer = fieldsOf(body);
  if (status !== 200) {
    const said = answer?.['error'];
    // Codes of the standard, such as invalid_client. Any other text might repeat what was sent.
    const code = typeof said === 'string' && /^[a-z_]{1,40}$/.test(said) ? ` (${said})` : '';
    const problem = `the token endpoint ${nameOf(url)} answers with HTTP status ${status}${code}`;
    if (status === 429 || status >= 500) throw new NotReadyError(`${setting}: ${problem}`);
    throw refusal(problem, status === 400 || status === 401 ? credentialsHint : undefined);
  }
  const token = answer?.['access_token'];
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    throw refusal(`the answer of ${nameOf(url)} holds no access_token`, 'Is it the URL of a token endpoint?');
  }
  const seconds = answer?.['expires_in'];
  return [token, typeof seconds === 'number' ? seconds * 1_000 : undefined];
}

const credentialsHint =
  'Check clientId and clientSecret in sasl.jaas.config (or sasl.oauthbearer.client.credentials.*), and the scope.';

const refusal = (problem: string, hint?: string): OperationalError =>
  unavailableError(`${setting}: ${problem}.`, hint === undefined ? {} : { hint });

/** A URL may hold a password, and its query a key. */
const nameOf = ({ origin, pathname }: URL): string => `${origin}${pathname}`;

/** Throws `NotReadyError` if there is no answer in time. Redirects are not followed: they would take the secret along. */
async function post(endpoint: TokenEndpoint): Promise<{ status: number; body: string }> {
  const { url, tls, clientId, clientSecret, scope, urlEncode } = endpoint;
  const encode = urlEncode ? encodeURIComponent : (text: string): string => text;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope !== undefined && { scope }),
  });
  const credentials = Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64');
  const options: RequestOptions & TlsOptions = {
    method: 'POST',
    headers: {
      authorization: `Basic ${credentials}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    signal: AbortSignal.timeout(answerMsMax),
    ...(url.protocol === 'https:' && tls),
  };
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, options, resolve).on('error', reject).end(form.toString());
    });
    return { status: answer.statusCode ?? 0, body: await bodyOf(answer) };
  } catch (error) {
    const { name } = error as Error;
    const why = name === 'AbortError' ? `no answer within ${answerMsMax} ms` : messageOf(error);
    throw new NotReadyError(`${setting}: the token endpoint ${nameOf(url)} cannot be reached: ${why}`);
  }
}

async function bodyOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) throw new Error(`its answer has more than ${answerBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The time in the token, if it is a JSON Web Token. */
function expiryOf(token: string): number | undefined {
  const claims = fieldsOf(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  const seconds = claims?.['exp'];
  return typeof seconds === 'number' ? seconds * 1_000 : undefined;
}

/** The fields of a JSON object; undefined if the text is none. */
function fieldsOf(text: string): Record<string, unknown> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
