/**
 * TLS to a PostgreSQL server, as PostgreSQL's own programs understand `sslmode` and the files beside it. A parameter of
 * the location comes before its environment variable, and that before the file in `~/.postgresql`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { getCACertificates, type ConnectionOptions } from 'node:tls';
import { messageOf, usageError } from '../../errors.ts';
import { checkKeyFits, readCertificates, readPrivateKey, type PemSource } from '../../system/pem.ts';

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof sslModes)[number];

/** Each parameter that nodrop knows, with its environment variable. */
const variables = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
} as const;
type Parameter = keyof typeof variables;

const defaultFiles = {
  sslrootcert: 'root.crt',
  sslcert: 'postgresql.crt',
  sslkey: 'postgresql.key',
} as const;
type FileParameter = keyof typeof defaultFiles;

/** Other parameters of PostgreSQL that ask for more safety than nodrop could give. */
const unknownParameters = /^(ssl|require_auth$|requirepeer$)/;

export interface Tls {
  mode: SslMode;
  /** Options for TLS. Without `ca`, Node's own list of CAs counts. */
  options: ConnectionOptions;
}

/** Reads the files. Throws `usage` for an unknown mode, and for a file that is missing or holds something else. */
export function readTls(parameters: URLSearchParams): Tls {
  refuseUnknown(parameters);
  const mode = modeOf(parameters);
  if (mode === 'disable') return { mode, options: {} };
  const ca = rootCertificates(parameters, mode);
  const verifies = ca !== undefined || mode === 'verify-full';
  return {
    mode,
    options: {
      ...clientIdentity(parameters),
      ...(ca !== undefined && { ca }),
      rejectUnauthorized: verifies,
      ...(verifies && mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
    },
  };
}

/** Removes the parameters that pg would understand in its own way. */
export function withoutTls(parameters: URLSearchParams): void {
  for (const parameter of Object.keys(variables)) parameters.delete(parameter);
}

/** The location with absolute paths: another command may read the store from another folder. */
export const withAbsoluteFiles = (location: string): string =>
  location.replace(/(?<=[?&]ssl(?:rootcert|cert|key)=)[^&#]+/g, (encoded) => {
    const path = decodeURIComponent(encoded);
    return path === 'system' ? path : encodeURIComponent(resolve(path)).replaceAll('%2F', '/');
  });

function refuseUnknown(parameters: URLSearchParams): void {
  for (const parameter of parameters.keys()) {
    if (Object.hasOwn(variables, parameter) || !unknownParameters.test(parameter)) continue;
    if (parameter === 'sslpassword') {
      throw usageError('A PostgreSQL location must not hold sslpassword: others can see it.', decryptionHint);
    }
    throw usageError(
      `nodrop does not know the parameter ${parameter} in a PostgreSQL location.`,
      `For TLS it takes ${Object.keys(variables).join(', ')}.`,
    );
  }
}

const decryptionHint =
  'Name a key that is not encrypted, in a file that only you can read: (umask 077; openssl pkey -in KEY -out PLAIN-KEY)';

function modeOf(parameters: URLSearchParams): SslMode {
  const { value = 'prefer', name } = settingOf(parameters, 'sslmode');
  const isSystem = settingOf(parameters, 'sslrootcert').value === 'system';
  if (isSystem && !parameters.get('sslmode') && !process.env['PGSSLMODE']) return 'verify-full';
  const mode = sslModes.find((known) => known === value);
  if (mode === undefined) {
    throw usageError(
      `${name} of a PostgreSQL location takes ${sslModes.join(', ')}; not '${value}'.`,
      value === 'no-verify' ? 'PostgreSQL says require for it.' : undefined,
    );
  }
  if (isSystem && mode !== 'verify-full') {
    throw usageError(
      `sslrootcert=system of a PostgreSQL location does not go with ${name}=${mode}: anybody can have a certificate from a public CA.`,
      'Set sslmode=verify-full, which also compares the name of the host.',
    );
  }
  return mode;
}

/** The value of a parameter, and the name of where it comes from. */
function settingOf(
  parameters: URLSearchParams,
  parameter: Parameter,
): { name: string; value: string | undefined } {
  const stated = parameters.get(parameter);
  if (stated) return { name: parameter, value: stated };
  const variable = variables[parameter];
  return { name: variable, value: process.env[variable] || undefined };
}

/** The file of a parameter; undefined if none is stated and the one in `~/.postgresql` does not exist. */
function fileOf(parameters: URLSearchParams, parameter: FileParameter): PemSource | undefined {
  const { name, value } = settingOf(parameters, parameter);
  const usual = join(homedir(), '.postgresql', defaultFiles[parameter]);
  const path = value ?? (existsSync(usual) ? usual : undefined);
  if (path === undefined) return undefined;
  const setting = value === undefined ? parameter : name;
  try {
    return { setting, path, bytes: readFileSync(path) };
  } catch (error) {
    throw usageError(`${setting} of a PostgreSQL location: ${path} cannot be read: ${messageOf(error)}`);
  }
}

/** The CAs to trust; undefined if none are named. */
function rootCertificates(parameters: URLSearchParams, mode: SslMode): string[] | undefined {
  if (settingOf(parameters, 'sslrootcert').value === 'system') return getCACertificates('system');
  const file = fileOf(parameters, 'sslrootcert');
  if (file !== undefined) return readCertificates(file);
  if (mode !== 'verify-ca') return undefined;
  throw usageError(
    'sslmode=verify-ca of a PostgreSQL location needs the certificate of the CA.',
    'Name its file with sslrootcert, or set sslmode=verify-full, which trusts public CAs.',
  );
}

function clientIdentity(parameters: URLSearchParams): Pick<ConnectionOptions, 'cert' | 'key'> {
  const [certificate, key] = [fileOf(parameters, 'sslcert'), fileOf(parameters, 'sslkey')];
  if (certificate === undefined && settingOf(parameters, 'sslkey').value === undefined) return {};
  if (certificate === undefined || key === undefined) {
    const [stated, missing] = key === undefined ? ['sslcert', 'sslkey'] : ['sslkey', 'sslcert'];
    throw usageError(
      `${stated} of a PostgreSQL location needs ${missing}, too.`,
      'A client shows its certificate, and proves with its key that the certificate is its own.',
    );
  }
  if (key.bytes.includes('ENCRYPTED')) {
    throw usageError(`${key.setting} of a PostgreSQL location: ${key.path} is encrypted.`, decryptionHint);
  }
  const chain = readCertificates(certificate);
  const privateKey = readPrivateKey(key, undefined);
  checkKeyFits(privateKey, chain, certificate);
  return { cert: chain.join(''), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
}
