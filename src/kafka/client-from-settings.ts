/** From the Java clients' setting names to what the connections take. Files are read here. */
import { readFileSync } from 'node:fs';
import type { SASLOptions } from '@platformatic/kafka';
import type { ClientSettings } from '../client-config.ts';
import { messageOf, usageError } from '../errors.ts';
import type { ClientOptions } from './client-options.ts';

/** Throws a usage error for files and login modules that cannot be read. */
export function clientFromSettings(settings: ClientSettings): ClientOptions {
  const protocol = settings['security.protocol'] ?? 'PLAINTEXT';
  const requestTimeoutMs = settings['request.timeout.ms'];
  return {
    ...(protocol.endsWith('SSL') && { tls: tlsOf(settings) }),
    ...(protocol.startsWith('SASL') && { sasl: saslOf(settings) }),
    ...(requestTimeoutMs !== undefined && { requestTimeoutMs: Number(requestTimeoutMs) }),
  };
}

function tlsOf(settings: ClientSettings): NonNullable<ClientOptions['tls']> {
  const keystore = pem(settings, 'ssl.keystore.location');
  const ca = settings['ssl.truststore.certificates'] ?? pem(settings, 'ssl.truststore.location');
  const key = settings['ssl.keystore.key'] ?? keystore;
  const cert = settings['ssl.keystore.certificate.chain'] ?? keystore;
  const passphrase = settings['ssl.key.password'];
  return {
    ...(ca !== undefined && { ca }),
    ...(key !== undefined && { key }),
    ...(cert !== undefined && { cert }),
    ...(passphrase !== undefined && { passphrase }),
    // An empty algorithm is how the Java clients are told not to compare the host's name.
    ...(settings['ssl.endpoint.identification.algorithm'] === '' && { checkServerIdentity: () => undefined }),
  };
}

function pem(
  settings: ClientSettings,
  name: 'ssl.keystore.location' | 'ssl.truststore.location',
): string | undefined {
  const path = settings[name];
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(`${name}: ${path} cannot be read: ${messageOf(error)}`);
  }
}

function saslOf(settings: ClientSettings): SASLOptions {
  const jaas = settings['sasl.jaas.config'] ?? '';
  return {
    mechanism: (settings['sasl.mechanism'] ?? 'PLAIN') as SASLOptions['mechanism'],
    username: jaasValue(jaas, 'username'),
    password: jaasValue(jaas, 'password'),
  };
}

/** `name="value"` of a login module, `\"` and `\\` within it unescaped. */
function jaasValue(jaas: string, name: string): string {
  const match = new RegExp(`\\b${name}\\s*=\\s*"((?:[^"\\\\]|\\\\.)*)"`).exec(jaas);
  if (match === null) throw usageError(`sasl.jaas.config holds no ${name}="…".`);
  return match[1]!.replaceAll(/\\(.)/g, '$1');
}
