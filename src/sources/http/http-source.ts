/**
 * An HTTP service as a source: a request for each message, whose value is the body and whose headers are the request's. The
 * key has no place in a request. nodrop sends no request twice and follows no redirect: it could not tell which one counts.
 */
import {
  Agent as PlainAgent,
  request as plainRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { HttpSource } from '../../config/config.ts';
import { messageOf, OperationalError, usageError } from '../../errors.ts';
import type { Handover, OpenedSource, OutgoingMessage, SourceOptions } from '../source.ts';
import { answeredOutcome } from './answered-outcome.ts';
import { ConnectionGate, type Attempt } from './connection-gate.ts';
import { checkHeaders, requestHeaders } from './request-headers.ts';

const concurrencyDefault = 16;
/** A longer answer is cut off: only its status counts. */
const answerBytesMax = 64 * 1024;
/** A connection that rests longer is closed, so that the service does not close it while a request is on its way. */
const restMs = 1_000;

/** Nothing is sent. Throws `usage` for an address or headers that cannot be used. */
export function openHttpSource(
  source: HttpSource,
  { timeoutMs, signal }: Pick<SourceOptions, 'timeoutMs' | 'signal'>,
): OpenedSource {
  const url = URL.parse(source.http);
  // A path or a query may hold a secret, so no message shows more than the origin.
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw usageError('The address of an HTTP source is no URL.', 'Write http://HOST:PORT/PATH or https://….');
  checkHeaders(source.headers ?? {});
  return new RequestingSource(source, url, timeoutMs, signal);
}

class RequestingSource implements OpenedSource {
  readonly batchMax = 1;
  readonly concurrency: number;
  readonly #source: HttpSource;
  readonly #url: URL;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;
  readonly #agent: PlainAgent;
  readonly #gate: ConnectionGate;
  readonly #underWay = new Set<ClientRequest>();
  readonly #onAbort = (): void => this.#breakOff('nodrop was stopped');

  constructor(source: HttpSource, url: URL, timeoutMs: number, signal: AbortSignal) {
    this.concurrency = source.concurrency ?? concurrencyDefault;
    this.#source = source;
    this.#url = url;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
    const agentOptions = { keepAlive: true, maxSockets: this.concurrency, timeout: restMs };
    this.#agent = url.protocol === 'https:' ? new TlsAgent(agentOptions) : new PlainAgent(agentOptions);
    this.#gate = new ConnectionGate(url.origin, timeoutMs, signal);
    signal.addEventListener('abort', this.#onAbort);
  }

  async send(messages: readonly OutgoingMessage[]): Promise<readonly Handover[]> {
    return await Promise.all(
      messages.map(async (message) => {
        const { value } = message;
        if (value === null)
          throw usageError(
            `Message ${message.id} has no value, and an HTTP request without a body says nothing.`,
          );
        const headers = requestHeaders(this.#source.headers ?? {}, message, value.length);
        return await this.#gate.pass(() => this.#ask(value, headers));
      }),
    );
  }

  end(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#breakOff('the source was closed');
    this.#agent.destroy();
  }

  #breakOff(why: string): void {
    for (const request of this.#underWay) request.destroy(new Error(why));
  }

  async #ask(body: Uint8Array, headers: Record<string, string | string[]>): Promise<Attempt> {
    if (this.#signal.aborted) throw new OperationalError('interrupted', 'Stopped before it was done.');
    const { promise, resolve } = Promise.withResolvers<Attempt>();
    const isTls = this.#url.protocol === 'https:';
    const send = isTls ? tlsRequest : plainRequest;
    const { method = 'POST' } = this.#source;
    const request = send({ ...urlToHttpOptions(this.#url), method, headers, agent: this.#agent });
    let isConnected = false;
    request.once('socket', (socket) => {
      if (!socket.connecting) isConnected = true;
      // With TLS, not a byte of the request leaves before the handshake is done.
      else socket.once(isTls ? 'secureConnect' : 'connect', () => (isConnected = true));
    });
    request.once('response', (response) => this.#read(response, resolve));
    request.on('error', (error) => {
      const outcome = isConnected ? 'unknown' : 'rejected';
      resolve({ handover: { outcome, error: wordsOf(error) }, isRefused: !isConnected });
    });
    const late = new Error(`no whole answer within ${this.#timeoutMs / 1000} s`);
    const timer = setTimeout(() => request.destroy(late), this.#timeoutMs);
    this.#underWay.add(request);
    request.end(body);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(request);
    }
  }

  /** The status counts once the answer is whole: a service may send its headers before it is done. */
  #read(response: IncomingMessage, resolve: (attempt: Attempt) => void): void {
    const settle = (handover: Handover): void => resolve({ handover, isRefused: false });
    const answered = (): void => settle(answeredOutcome(response.statusCode!, this.#source.accepted));
    const brokeOff = (): void => settle({ outcome: 'unknown', error: 'the answer broke off' });
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= answerBytesMax) return;
      answered();
      response.destroy();
    });
    response.once('end', () => (response.complete ? answered() : brokeOff()));
    response.once('error', brokeOff).once('close', brokeOff);
  }
}

/** If a host has several addresses and none answers, the error's own message is empty. */
const wordsOf = (error: unknown): string =>
  messageOf(error instanceof AggregateError ? error.errors[0] : error);
