/**
 * The location of a PostgreSQL store: `postgres://[user@]host[:port]/database[?schema=NAME&…]`. Arguments, process
 * lists and evidence show it, so it holds no password: as for PostgreSQL's own tools, the password comes from the
 * environment or from a file. Messages never repeat a refused location, because it may contain a password.
 */
import { usageError, type OperationalError } from '../../errors.ts';

export interface PostgresLocation {
  /** For pg: the location without the schema. */
  connectionString: string;
  schema: string;
  /** The address on which the server listens. */
  address: { host: string; port: number } | { path: string };
  /** For users and for evidence: without user and secrets, with defaults filled in. */
  name: string;
}

const defaultSchema = 'nodrop';
const form = 'Write postgres://USER@HOST:PORT/DATABASE?schema=NAME, with @ as %40 within a part.';

export const isPostgresLocation = (text: string): boolean => /^postgres(ql)?:\/\//i.test(text);

/** Throws `usage` if the text is not a location of a PostgreSQL store, or holds a password. */
export function parsePostgresLocation(text: string): PostgresLocation {
  const { url, address, name: database } = parsePostgresDatabase(text, 'store');
  const parameters = url.searchParams;
  if (url.password !== '' || parameters.has('password')) throw passwordError();
  const schema = parameters.get('schema') ?? defaultSchema;
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(schema)) {
    throw usageError(
      'The schema of a PostgreSQL store takes up to 63 letters, digits and _, beginning with a letter or _.',
    );
  }
  parameters.delete('schema');
  return { connectionString: url.href, schema, address, name: `${database}?schema=${schema}` };
}

export interface PostgresDatabase extends Pick<PostgresLocation, 'address' | 'name'> {
  url: URL;
}

/** Throws `usage` if the text is not a location of a database. `what` is in the message. */
export function parsePostgresDatabase(text: string, what: 'store' | 'sink' | 'source'): PostgresDatabase {
  const url = urlOf(text, what);
  return { url, address: socketOf(url), name: `postgres://${addressOf(url)}/${databaseOf(url)}` };
}

function urlOf(text: string, what: string): URL {
  // A `/`, `?` or `#` within a password would end the authority, in which the password is looked for.
  const [, authority = '', rest = ''] = /^postgres(?:ql)?:\/\/([^/?#]*)([^]*)$/i.exec(text) ?? [];
  if (rest.includes('@')) throw malformedError(what);
  // A user without a host is not a valid URL, but PostgreSQL accepts it as a location.
  const whole = authority.endsWith('@') ? text.replace('@', `@${encodeURIComponent(defaultHost())}`) : text;
  try {
    decodeURIComponent(text);
    const url = new URL(whole);
    if (url.hash !== '' || !isPostgresLocation(whole)) throw malformedError(what);
    return url;
  } catch {
    throw malformedError(what);
  }
}

const defaultHost = (): string => process.env['PGHOST'] || 'localhost';

const hostOf = (url: URL): string =>
  url.searchParams.get('host') || decodeURIComponent(url.hostname) || defaultHost();
const portOf = (url: URL): string =>
  url.searchParams.get('port') || url.port || process.env['PGPORT'] || '5432';

function socketOf(url: URL): PostgresLocation['address'] {
  const [host, port] = [hostOf(url), portOf(url)];
  if (host.startsWith('/')) return { path: `${host}/.s.PGSQL.${port}` };
  return { host: host.replace(/^\[(.+)\]$/, '$1'), port: Number(port) };
}

function addressOf(url: URL): string {
  const stated = hostOf(url);
  const host = stated.replace(/^\[(.+)\]$/, '$1').toLowerCase();
  const port = portOf(url);
  // The host may be the path of a socket, or an IPv6 address.
  if (stated.startsWith('/')) return `${encodeURIComponent(stated)}:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${encodeURIComponent(host)}:${port}`;
}

/** pg's default: the database with the user's name. */
function databaseOf(url: URL): string {
  const user = url.searchParams.get('user') || decodeURIComponent(url.username);
  const database =
    decodeURIComponent(url.pathname.slice(1)) ||
    process.env['PGDATABASE'] ||
    user ||
    process.env['PGUSER'] ||
    process.env['USER'] ||
    '';
  return encodeURIComponent(database);
}

const malformedError = (what: string): OperationalError =>
  usageError(`This is not a location of a PostgreSQL ${what}, or its characters are not encoded.`, form);

const passwordError = (): OperationalError =>
  usageError(
    'The location of a PostgreSQL store must not hold a password: others can see it.',
    'Put it into PGPASSWORD, into the file that PGPASSFILE names, or into one for --store-password-file.',
  );

/** The environment variable that makes a process connect through the proxy on this port of loopback. */
export const storeProxyVariable = 'NODROP_STORE_PROXY';

/** The location with the run's own schema. */
export const withSchema = (location: string, run: string): string =>
  `${location}${location.includes('?') ? '&' : '?'}schema=${run.replaceAll('-', '_')}`;
