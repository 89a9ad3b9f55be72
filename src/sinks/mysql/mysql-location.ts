/**
 * The location of a sink in MySQL or MariaDB: `mysql://[user[:password]@]host[:port]/database[?ssl-mode=MODE&…]`.
 * Messages never repeat a refused location, because it may contain a password.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { userInfo } from 'node:os';
import type { SslOptions } from 'mysql2';
import { messageOf, usageError, type OperationalError } from '../../errors.ts';
import { checkKeyFits, readCertificates, readPrivateKey, type PemSource } from '../../system/pem.ts';

const sslModes = ['DISABLED', 'PREFERRED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'] as const;
export type SslMode = (typeof sslModes)[number];

const tlsParameters = ['ssl-mode', 'ssl-ca', 'ssl-cert', 'ssl-key'];

export interface MysqlLocation {
  host: string;
  port: number;
  /** A socket of the operating system, in place of host and port. */
  socketPath: string | undefined;
  user: string;
  password: string;
  database: string | undefined;
  sslMode: SslMode;
  ssl: SslOptions;
  /** For users and for evidence: without user and secrets. */
  name: string;
}

const form = 'Write mysql://USER@HOST:PORT/DATABASE, with @ as %40 within a part.';

/** Throws `usage` if the text is not a location of a sink, and for files of TLS that cannot be used. */
export function parseMysqlLocation(text: string): MysqlLocation {
  const url = urlOf(text);
  const parameters = url.searchParams;
  const host = decodeURIComponent(url.hostname).replace(/^\[(.+)\]$/, '$1') || 'localhost';
  const port = Number(url.port || process.env['MYSQL_TCP_PORT'] || 3306);
  const socketPath = parameters.get('socket') || undefined;
  const database = decodeURIComponent(url.pathname.slice(1)) || undefined;
  const sslMode = socketPath === undefined ? sslModeOf(parameters, host) : 'DISABLED';
  const address = socketPath === undefined ? url.host || host : encodeURIComponent(socketPath);
  const shownPort = url.port === '' && socketPath === undefined ? `:${port}` : '';
  return {
    host,
    port,
    socketPath,
    user: decodeURIComponent(url.username) || userInfo().username,
    password: decodeURIComponent(url.password) || process.env['MYSQL_PWD'] || '',
    database,
    sslMode,
    ssl: sslMode === 'DISABLED' ? {} : tlsOptions(parameters, sslMode),
    name: `mysql://${address}${shownPort}/${encodeURIComponent(database ?? '')}`,
  };
}

function urlOf(text: string): URL {
  // A `/`, `?` or `#` within a password would end the authority, in which the password is looked for.
  const [, rest] = /^(?:mysql|mariadb):\/\/[^/?#]*([^]*)$/i.exec(text) ?? [];
  if (rest === undefined || rest.includes('@')) throw malformedError();
  try {
    decodeURIComponent(text);
    const url = new URL(text);
    if (url.hash !== '') throw malformedError();
    return url;
  } catch {
    throw malformedError();
  }
}

const malformedError = (): OperationalError =>
  usageError('This is not a location of a MySQL sink, or its characters are not encoded.', form);

function sslModeOf(parameters: URLSearchParams, host: string): SslMode {
  for (const name of parameters.keys()) {
    if (!/ssl|tls/i.test(name) || tlsParameters.includes(name)) continue;
    throw usageError(
      `nodrop does not know the parameter ${name} in a MySQL location.`,
      `For TLS it takes ${tlsParameters.join(', ')}.`,
    );
  }
  // As for MySQL's own programs, a CA that is named is looked at.
  const stated = parameters.get('ssl-mode') || (parameters.has('ssl-ca') ? 'VERIFY_CA' : 'PREFERRED');
  const mode = sslModes.find((known) => known === stated.toUpperCase());
  if (mode === undefined) {
    throw usageError(`ssl-mode of a MySQL location takes ${sslModes.join(', ')}; not '${stated}'.`);
  }
  if (mode === 'VERIFY_CA' && !parameters.has('ssl-ca')) {
    throw usageError(
      'ssl-mode=VERIFY_CA of a MySQL location needs the certificate of the CA.',
      'Name its file with ssl-ca, or set ssl-mode=VERIFY_IDENTITY, which trusts public CAs.',
    );
  }
  if (mode === 'VERIFY_IDENTITY' && isIP(host) !== 0) {
    throw usageError(
      'ssl-mode=VERIFY_IDENTITY of a MySQL location compares a name, and the host is an address.',
      'Name the host as its certificate does, or set ssl-mode=VERIFY_CA.',
    );
  }
  return mode;
}

function tlsOptions(parameters: URLSearchParams, mode: SslMode): SslOptions {
  const verifies = mode === 'VERIFY_CA' || mode === 'VERIFY_IDENTITY';
  const ca = fileOf(parameters, 'ssl-ca');
  const certificate = fileOf(parameters, 'ssl-cert');
  const key = fileOf(parameters, 'ssl-key');
  if ((certificate === undefined) !== (key === undefined)) {
    const [stated, missing] = key === undefined ? ['ssl-cert', 'ssl-key'] : ['ssl-key', 'ssl-cert'];
    throw usageError(`${stated} of a MySQL location needs ${missing}, too.`);
  }
  const options: SslOptions = { rejectUnauthorized: verifies, verifyIdentity: mode === 'VERIFY_IDENTITY' };
  if (ca !== undefined) options.ca = readCertificates(ca);
  if (certificate !== undefined && key !== undefined) {
    const chain = readCertificates(certificate);
    const privateKey = readPrivateKey(key, undefined);
    checkKeyFits(privateKey, chain, certificate);
    options.cert = chain.join('');
    options.key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  }
  return options;
}

function fileOf(parameters: URLSearchParams, setting: string): PemSource | undefined {
  const path = parameters.get(setting);
  if (!path) return undefined;
  try {
    return { setting, path, bytes: readFileSync(path) };
  } catch (error) {
    throw usageError(`${setting} of a MySQL location: ${path} cannot be read: ${messageOf(error)}`);
  }
}
