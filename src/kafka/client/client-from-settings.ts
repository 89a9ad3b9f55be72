/** Translates settings of the Java clients to options of the connections, and reads the files that they name. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { SASLOptions } from '@platformatic/kafka';
import type { ClientSetting, ClientSettings } from './client-settings.ts';
import { messageOf, usageError } from '../../errors.ts';
import type { ClientOptions } from './client-options.ts';
import { checkKeyFits, readCertificates, readPrivateKey, type PemSource } from './pem.ts';

/** Throws `usage` if a file or a login module cannot be read. */
export function clientFromSettings(settings: ClientSettings): ClientOptions {
  const protocol = settings['security.protocol'] ?? 'PLAINTEXT';
  const requestTimeoutMs = settings['request.timeout.ms'];
  return {
    ...(protocol.endsWith('SSL') && { tls: tlsOf(settings) }),
    ...(protocol.startsWith('SASL') && { sasl: saslOf(settings) }),
    ...(requestTimeoutMs !== undefined && { requestTimeoutMs: Number(requestTimeoutMs) }),
  };
}

/** Throws `usage` for all settings that node:tls would refuse. */
function tlsOf(settings: ClientSettings): NonNullable<ClientOptions['tls']> {
  const authorities = pemSource(settings, 'ssl.truststore.certificates', 'ssl.truststore.location');
  const own = identityOf(settings);
  const options = {
    ...(authorities && { ca: readCertificates(authorities).join('') }),
    ...own,
    // With an empty algorithm, the Java clients do not check the host's name.
    ...(settings['ssl.endpoint.identification.algorithm'] === '' && { checkServerIdentity: () => undefined }),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw usageError(`TLS cannot be set up with these ssl.* settings: ${messageOf(error)}`);
  }
  return options;
}

/** The key and the certificates for a server that requests client authentication. */
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

/** The PEM text from the setting `inline`, or from the file that the setting `location` names. */
function pemSource(
  settings: ClientSettings,
  inline: ClientSetting,
  location: ClientSetting,
): PemSource | undefined {
  const text = settings[inline];
  const path = settings[location];
  if (text !== undefined && path !== undefined) {
    throw usageError(`${inline} and ${location} are both given, and only one may be.`, 'Remove one of them.');
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

/** The value of `name="value"` in a login module, with `\"` and `\\` unescaped. */
function jaasValue(jaas: string, name: string): string {
  const match = new RegExp(`\\b${name}\\s*=\\s*"((?:[^"\\\\]|\\\\.)*)"`).exec(jaas);
  if (match === null) throw usageError(`sasl.jaas.config holds no ${name}="…".`);
  return match[1]!.replaceAll(/\\(.)/g, '$1');
}
