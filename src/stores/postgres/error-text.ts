/** Explains errors of PostgreSQL and of the network: the store's name, whether the error may pass, and what to do. */
import { unavailableError } from '../../errors.ts';
import { StoreOutageError } from '../store.ts';
import { tlsErrorText } from './tls-error-text.ts';

/** Classes of SQLSTATE for problems that may pass: no connection; out of disk, memory or connections. */
const passingClasses = ['08', '53'];
const passingStates = [
  '25006', // read-only: a standby that was, or will be, the primary
  '25P03', // idle in a transaction for longer than the server allows
  '25P04', // a transaction longer than the server allows
  '40001', // serialization failure
  '40P01', // deadlock
  '55P03', // a lock was not available in time
  '57014', // cancelled
  '57P01', // ended by an administrator, or by the server's shutdown
  '57P02', // the server crashed
  '57P03', // the server is starting, or recovering
  '57P05', // idle for longer than the server allows
  '58030', // disk error
];
const passingNetworkCodes = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENETDOWN',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  // While a server in a container, or on a socket, is down, its address does not exist.
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
];
/** pg's own messages, without a code, for a session that has ended or could not be opened in time. */
const passingMessages =
  /^(Connection terminated|timeout expired|Client (has encountered|was closed)|There was an error establishing an SSL)/;
/** PgBouncer's own messages for what does not pass by itself. Its code is that of a connection that is gone. */
const lastingMessages =
  /statement pooling mode|unsupported startup parameter|no such (database|user)|authentication failed/;

export const uniqueViolation = '23505';
export const noSuchDatabase = '3D000';
export const lockNotAvailable = '55P03';
export const invalidAuthorization = '28000';

/** The SQLSTATE behind an explained error; undefined if PostgreSQL did not send the error. */
export function sqlStateOf(error: unknown): string | undefined {
  const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The error to throw for an error of pg. */
export function explained(name: string, error: unknown): Error {
  const { code = '' } = error as { code?: string };
  const told = tlsErrorText(error);
  if (told !== undefined) {
    return unavailableError(`The store ${name} cannot be used: ${told.words}`, {
      cause: error,
      hint: told.hint,
    });
  }
  const message = `The store ${name} cannot be used: ${wordsOf(error)}`;
  if (isPassing(code, wordsOf(error))) return new StoreOutageError(message, outageHint(code), error);
  return unavailableError(message, { cause: error, hint: lastingHint(code, wordsOf(error)) });
}

const isPassing = (code: string, words: string): boolean =>
  (passingClasses.includes(code.slice(0, 2)) && !lastingMessages.test(words)) ||
  passingStates.includes(code) ||
  passingNetworkCodes.includes(code) ||
  passingMessages.test(words);

/** If a host has several addresses and none answers, the error's own message is empty. */
function wordsOf(error: unknown): string {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return (first instanceof Error ? first.message : String(first)).split('\n', 1)[0]!;
}

function outageHint(code: string): string {
  if (code === '53100') return "Make room on the database's disk, then consume again: nothing was lost.";
  if (code === '53300') return 'Allow the server more connections, then consume again: nothing was lost.';
  if (code === lockNotAvailable) return 'Another session holds it: end that one, then consume again.';
  return 'See that the database runs and can be reached, then consume again: nothing was lost.';
}

function lastingHint(code: string, words: string): string {
  if (code === invalidAuthorization) {
    if (/valid client certificate/.test(words))
      return "Name the client's certificate and its key: sslcert and sslkey.";
    if (/certificate authentication/.test(words))
      return 'Check sslcert: its common name (CN) must be the user, or the server must map it to the user.';
    if (/no encryption|SSL off/.test(words)) return 'Set sslmode=require, or a stronger one.';
    if (/SSL encryption|SSL on/.test(words))
      return 'Set sslmode=disable, or have the server allow TLS for this user.';
  }
  if (words.includes('statement pooling mode')) {
    return 'Set pool_mode to transaction or session for this database in the pooler, or name the server itself.';
  }
  if (words.includes('unsupported startup parameter')) {
    return 'Remove that parameter from the location, or name it in ignore_startup_parameters of the pooler.';
  }
  if (code.startsWith('28') || /password|authentication failed/.test(words)) {
    return 'Check the user, and the password in PGPASSWORD, PGPASSFILE or --store-password-file.';
  }
  if (code === noSuchDatabase || words.startsWith('no such database'))
    return 'Create the database first, or name another one.';
  if (code === '42501') return 'Give the user privileges on the schema, or CREATE on the database.';
  return "Check the location and the server's log.";
}
