/** Translates settings of the Java clients to options of the connections, and reads the files that they name. */
import { readFileSync } from 'node:fs';
import { createSecureContext, type ConnectionOptions as TlsOptions } from 'node:tls';
import type { SASLOptions } from '@platformatic/kafka';
import type { ClientSetting, ClientSettings } from './client-settings.ts';
import { messageOf, usageError } from '../../errors.ts';
import type { ClientOptions } from './client-options.ts';
import { parseJaas, type LoginModule } from './jaas.ts';
import { TokenSource } from './oauth-token.ts';
import { checkKeyFits, readCertificates, readPrivateKey, type PemSource } from '../../system/pem.ts';

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
function tlsOf(settings: ClientSettings): TlsOptions {
  const authorities = pemSource(settings, 'ssl.truststore.certificates', 'ssl.truststore.location');
  const own = identityOf(settings);
  const options = {
    ...(authorities && { ca: readCertificates(authorities).join('') }),
    ...own,
    ...versionsOf(settings),
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

function versionsOf({
  'ssl.enabled.protocols': enabled,
}: ClientSettings): Pick<TlsOptions, 'minVersion' | 'maxVersion'> {
  if (enabled === undefined) return {};
  const has = (version: string): boolean => enabled.includes(version);
  return {
    minVersion: has('TLSv1.2') ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: has('TLSv1.3') ? 'TLSv1.3' : 'TLSv1.2',
  };
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

/** Throws `usage` if the login module and the mechanism do not agree, or lack something. */
function saslOf(settings: ClientSettings): SASLOptions {
  const mechanism = settings['sasl.mechanism'] as SASLOptions['mechanism'];
  const { className, options } = parseJaas(settings['sasl.jaas.config'] ?? '');
  const wanted = mechanism === 'OAUTHBEARER' ? /\.?OAuthBearerLoginModule$/ : /\.?(Plain|Scram)LoginModule$/;
  if (!wanted.test(className)) {
    throw usageError(
      `sasl.jaas.config: ${className} is no login module for sasl.mechanism=${mechanism}.`,
      `It is ${modules[mechanism] ?? ''}.`,
    );
  }
  if (mechanism === 'OAUTHBEARER') return tokenLogin(settings, options);
  if (options.get('tokenauth') === 'true') {
    throw usageError('sasl.jaas.config: nodrop cannot log in with a delegation token (tokenauth).');
  }
  return { mechanism, username: needed(options, 'username'), password: needed(options, 'password') };
}

const security = 'org.apache.kafka.common.security';
const modules: Readonly<Record<string, string>> = {
  PLAIN: `${security}.plain.PlainLoginModule`,
  'SCRAM-SHA-256': `${security}.scram.ScramLoginModule`,
  'SCRAM-SHA-512': `${security}.scram.ScramLoginModule`,
  OAUTHBEARER: `${security}.oauthbearer.OAuthBearerLoginModule`,
};

type LoginOptions = LoginModule['options'];

function needed(options: LoginOptions, name: string): string {
  const value = options.get(name);
  if (value === undefined) throw usageError(`sasl.jaas.config holds no ${name}="…".`);
  return value;
}

/** Connections with the same settings share their tokens, as those of one Java process do. */
const tokenSources = new WeakMap<ClientSettings, TokenSource>();

/** Login with a token. Where a setting and an option of the login module say the same, the setting wins. */
function tokenLogin(settings: ClientSettings, options: LoginOptions): SASLOptions {
  const endpoint = settings['sasl.oauthbearer.token.endpoint.url'];
  if (endpoint === undefined) {
    throw usageError(
      'sasl.mechanism=OAUTHBEARER needs sasl.oauthbearer.token.endpoint.url.',
      'nodrop gets tokens there, with clientId and clientSecret of sasl.jaas.config.',
    );
  }
  const url = new URL(endpoint);
  const fromFile = url.protocol === 'file:';
  const credential = (setting: ClientSetting, option: string): string =>
    settings[setting] ?? (fromFile ? '' : needed(options, option));
  // TLS to the endpoint has settings of its own, among the options of the login module.
  const tls = Object.fromEntries([...options].filter(([name]) => name.startsWith('ssl.')));
  const source =
    tokenSources.get(settings) ??
    new TokenSource({
      url,
      clientId: credential('sasl.oauthbearer.client.credentials.client.id', 'clientId'),
      clientSecret: credential('sasl.oauthbearer.client.credentials.client.secret', 'clientSecret'),
      scope: settings['sasl.oauthbearer.scope'] ?? options.get('scope'),
      urlEncode: settings['sasl.oauthbearer.header.urlencode'] === 'true',
      tls: tlsOf(tls),
    });
  tokenSources.set(settings, source);
  const extensions = [...options].filter(([name]) => name.startsWith(extensionPrefix));
  return {
    mechanism: 'OAUTHBEARER',
    token: () => source.token(),
    oauthBearerExtensions: Object.fromEntries(
      extensions.map(([name, value]) => [name.slice(extensionPrefix.length), value]),
    ),
    // A broker that refuses a token says so in an answer that has no error code.
    authBytesValidator: (answer, callback) => {
      if (answer.length === 0) callback(null, answer);
      else callback(new Error('The broker refuses the token.'));
    },
  };
}

const extensionPrefix = 'extension_';
