/** From the Java clients' setting names to what the connections take. Files are read here. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { SASLOptions } from '@platformatic/kafka';
import type { ClientSetting, ClientSettings } from './client-settings.ts';
import { messageOf, usageError } from '../../errors.ts';
import type { ClientOptions } from './client-options.ts';
import { checkKeyFits, readCertificates, readPrivateKey, type PemSource } from './pem.ts';

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

/** Throws a usage error for whatever node:tls would stumble over. */
function tlsOf(settings: ClientSettings): NonNullable<ClientOptions['tls']> {
  const authorities = pemSource(settings, 'ssl.truststore.certificates', 'ssl.truststore.location');
  const own = identityOf(settings);
  const options = {
    ...(authorities && { ca: readCertificates(authorities).join('') }),
    ...own,
    // An empty algorithm is how the Java clients are told not to compare the host's name.
    ...(settings['ssl.endpoint.identification.algorithm'] === '' && { checkServerIdentity: () => undefined }),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw usageError(`TLS cannot be set up with these ssl.* settings: ${messageOf(error)}`);
  }
  return options;
}

/** Key and certificates that a server is shown, where it asks who we are. */
function identityOf(settings: ClientSettings): { key: string; cert: string } | undefined {
  const keySource = pemSource(settings, 'ssl.keystore.key', 'ssl.keystore.location');
  const chainSource = pemSource(settings, 'ssl.keystore.certificate.chain', 'ssl.keystore.location');
  if (keySource === undefined && chainSource === undefined) return undefined;
  if (keySource === undefined) throw halfIdentity('ssl.keystore.certificate.chain', 'ssl.keystore.key');
  if (chainSource === undefined) throw halfIdentity('ssl.keystore.key', 'ssl.keystore.certificate.chain');
  const key = readPrivateKey(keySource, settings['ssl.key.password']);
  const chain = readCertificates(chainSource);
  checkKeyFits(key, chain, chainSource);
  return { key: key.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: chain.join('') };
}

const halfIdentity = (given: ClientSetting, missing: ClientSetting): Error =>
  usageError(`${given} needs ${missing}: a certificate and its private key belong together.`);

/** From the setting itself, or from the file that the other one names. */
function pemSource(
  settings: ClientSettings,
  inline: ClientSetting,
  location: ClientSetting,
): PemSource | undefined {
  const text = settings[inline];
  const path = settings[location];
  if (text !== undefined && path !== undefined) {
    throw usageError(`${inline} and ${location} are both given: which of them counts?`, 'Leave one out.');
  }
  if (text !== undefined) return { setting: inline, path: undefined, bytes: Buffer.from(text) };
  if (path === undefined) return undefined;
  try {
    return { setting: location, path, bytes: readFileSync(path) };
  } catch (error) {
    throw usageError(`${location}: ${path} cannot be read: ${messageOf(error)}`);
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
