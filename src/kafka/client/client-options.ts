/** How to reach and convince a cluster, beside its address; the CLI fills this from the Java clients' names. */
import type { ConnectionOptions, SASLOptions } from '@platformatic/kafka';
import { parseBroker, type Broker } from '@platformatic/kafka';
import { isIP } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { usageError } from '../../errors.ts';

export interface ClientOptions {
  /** Present: TLS, with these settings of node:tls (ca, cert, key, passphrase, checkServerIdentity, …). */
  tls?: TlsOptions;
  /** The client library's own: mechanism, username, password, token, …. */
  sasl?: SASLOptions;
  /** How long one request may go without an answer. */
  requestTimeoutMs?: number;
}

export const requestTimeoutMsDefault = 30_000;
const connectTimeoutMsMax = 5_000;

/** The addresses in `host:port,host:port`. Throws a usage error. */
export function parseBootstrapServers(bootstrapServers: string): Broker[] {
  return bootstrapServers.split(',').map((server) => {
    const broker = parseBroker(server.trim());
    const isValid =
      broker.host !== '' && Number.isInteger(broker.port) && broker.port > 0 && broker.port < 65_536;
    if (!isValid)
      throw usageError(
        `"${bootstrapServers}" is no list of brokers.`,
        'Give host:port, or several with commas between.',
      );
    return broker;
  });
}

/** The same as the library takes it, in the constructors of its Admin and Consumer too. */
export function connectionOptions(
  brokers: readonly Broker[],
  client: ClientOptions,
  timeoutMs: number,
): ConnectionOptions {
  return {
    connectTimeout: Math.min(timeoutMs, connectTimeoutMsMax),
    requestTimeout: client.requestTimeoutMs ?? requestTimeoutMsDefault,
    ...(client.tls && { tls: client.tls }),
    // The library names the host to the server only when asked to; TLS allows no address there.
    ...(client.tls && brokers.every((broker) => isIP(broker.host) === 0) && { tlsServerName: true }),
    ...(client.sasl && { sasl: client.sasl }),
  };
}
