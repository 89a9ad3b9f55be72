/** Errors of MySQL and MariaDB for a reader of a sink: what is wrong, and whether another option or the server mends it. */
import { unavailableError, usageError, type OperationalError } from '../../errors.ts';
import { wordsOf } from '../answer-wait.ts';

/** What mysql2 tells of an error. */
interface MysqlError {
  code?: string;
  errno?: number;
  sqlState?: string;
  message?: string;
}

/** The server cannot be reached, or does not let the user in. */
export function connectionError(
  name: string,
  error: unknown,
  what: 'sink' | 'source' = 'sink',
): OperationalError {
  const { code = '' } = error as MysqlError;
  const isRefusedUser = /^ER_(ACCESS_DENIED|DBACCESS_DENIED|HOST_NOT_PRIVILEGED|ACCOUNT)/.test(code);
  let hint = 'See that the database runs and can be reached from here.';
  if (isRefusedUser) hint = 'Check the user, its password in the location or in MYSQL_PWD, and the database.';
  if (code === 'ER_BAD_DB_ERROR') hint = 'Name a database that exists.';
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT')
    hint = 'The server has no TLS: set ssl-mode=DISABLED, or have it use TLS.';
  if (/CERT|SSL|TLS|SIGNATURE|EPROTO/.test(code) && code !== 'HANDSHAKE_NO_SSL_SUPPORT')
    hint = "Check ssl-ca and ssl-mode against the server's certificate.";
  return unavailableError(`The ${what} ${name} cannot be reached: ${wordsOf(error)}`, { cause: error, hint });
}

const denied = [
  1044, // to a database
  1142, // to a table
  1143, // to a column
  1227, // a privilege of the server
  1356, // a view's definer
  1370, // to a function
];

/** The server refuses a statement, or cannot end it. */
export function statementError(name: string, error: unknown): OperationalError {
  const { errno = 0, sqlState = '' } = error as MysqlError;
  const words = wordsOf(error);
  const unreadable = (hint: string): OperationalError =>
    unavailableError(`The sink ${name} cannot be read: ${words}`, { cause: error, hint });
  if (denied.includes(errno)) {
    return unreadable('Give the user the privilege SELECT on it (GRANT SELECT ON … TO …).');
  }
  if (errno === 1205) return unreadable('Another session holds a lock on it: end that one, then read again.');
  if (errno === 1792) return usageError(`The query writes, and nodrop only reads: ${words}`);
  // Not found, malformed, not supported, or a value that an expression of the query cannot take.
  if (/^(42|0A|21|22|3D|45)/.test(sqlState) || [1235, 1105].includes(errno)) {
    return usageError(`The sink ${name} refuses the query: ${words}`);
  }
  if (errno === 1317) return unreadable('Another session or the server itself ended the statement.');
  if (errno === 0) return unreadable('See that the database runs and can be reached from here.');
  return unreadable("Check the server's log.");
}
