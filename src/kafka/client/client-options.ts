/** How to connect to a cluster, apart from its address; the CLI fills this from settings of the Java clients. */
import type { ConnectionOptions, SASLOptions } from '@platformatic/kafka';
import { parseBroker, type Broker } from '@platformatic/kafka';
import { isIP } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { usageError } from '../../errors.ts';

export interface ClientOptions {
  /** If present, the connection uses TLS with these options of node:tls (ca, cert, key, checkServerIdentity, …). */
  tls?: TlsOptions;
  /** The client library's own options: mechanism, username, password, token, …. */
  sasl?: SASLOptions;
  /** How long the client waits for the answer to a request. */
  requestTimeoutMs?: number;
}

export const requestTimeoutMsDefault = 30_000;
const connectTimeoutMsMax = 5_000;

/** Parses `host:port,host:port`. Throws `usage`. */
export function parseBootstrapServers(bootstrapServers: string): Broker[] {
  return bootstrapServers.split(',').map((server) => {
    const broker = parseBroker(server.trim());
    const isValid =
      broker.host !== '' && Number.isInteger(broker.port) && broker.port > 0 && broker.port < 65_536;
    if (!isValid)
      throw usageError(
        `"${bootstrapServers}" is not a list of brokers.`,
        'Give host:port, or several, separated by commas.',
      );
    return broker;
  });
}

/** The options in the library's form, also for the constructors of its Admin and Consumer. */
export function connectionOptions(
  brokers: readonly Broker[],
  client: ClientOptions,
  timeoutMs: number,
): ConnectionOptions {
  return {
    connectTimeout: Math.min(timeoutMs, connectTimeoutMsMax),
    requestTimeout: client.requestTimeoutMs ?? requestTimeoutMsDefault,
    ...(client.tls && { tls: client.tls }),
    // The library sends the host's name (SNI) only on request; TLS does not allow an IP address there.
    ...(client.tls && brokers.every((broker) => isIP(broker.host) === 0) && { tlsServerName: true }),
    ...(client.sasl && { sasl: client.sasl }),
  };
}
