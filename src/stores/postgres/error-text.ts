/** Explains errors of PostgreSQL and of the network: the store's name, whether the error may pass, and what to do. */
import { unavailableError } from '../../errors.ts';
import { StoreOutageError } from '../store.ts';

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
const passingMessages = /^(Connection terminated|timeout expired|Client (has encountered|was closed))/;

export const uniqueViolation = '23505';
export const noSuchDatabase = '3D000';
export const lockNotAvailable = '55P03';

/** The SQLSTATE behind an explained error; undefined if PostgreSQL did not send the error. */
export function sqlStateOf(error: unknown): string | undefined {
  const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The error to throw for an error of pg. */
export function explained(name: string, error: unknown): Error {
  const { code = '', syscall } = error as { code?: string; syscall?: string };
  const message = `The store ${name} cannot be used: ${wordsOf(error)}`;
  const passing =
    passingClasses.includes(code.slice(0, 2)) ||
    passingStates.includes(code) ||
    // A missing certificate file has such a code too (`open`), and does not appear by itself.
    (passingNetworkCodes.includes(code) && syscall !== 'open') ||
    passingMessages.test(wordsOf(error));
  if (passing) return new StoreOutageError(message, outageHint(code), error);
  return unavailableError(message, { cause: error, hint: lastingHint(code, wordsOf(error)) });
}

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
  if (code.startsWith('28') || words.includes('password')) {
    return 'Check the user, and the password in PGPASSWORD, PGPASSFILE or --store-password-file.';
  }
  if (code === noSuchDatabase) return 'Create the database first, or name another one.';
  if (code === '42501') return 'Give the user privileges on the schema, or CREATE on the database.';
  if (/certificate|SSL|TLS|self-signed|altname/i.test(words)) {
    return 'Check sslmode and sslrootcert in the location.';
  }
  return "Check the location and the server's log.";
}
