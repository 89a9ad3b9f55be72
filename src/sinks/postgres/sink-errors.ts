/** Errors of PostgreSQL for a reader of a sink: what is wrong, and whether another option or the server mends it. */
import { unavailableError, usageError, type OperationalError } from '../../errors.ts';
import { tlsErrorText } from '../../stores/postgres/tls-error-text.ts';
import { wordsOf } from '../answer-wait.ts';

/** What pg tells of an error. */
interface PostgresError {
  code?: string;
  message?: string;
  position?: string;
  detail?: string;
}

const isSqlState = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code);

/** The database cannot be reached, or does not let the user in. */
export function connectionError(
  name: string,
  error: unknown,
  what: 'sink' | 'source' = 'sink',
): OperationalError {
  const told = tlsErrorText(error);
  const words = told?.words ?? wordsOf(error);
  return unavailableError(`The ${what} ${name} cannot be reached: ${words}`, {
    cause: error,
    hint: told?.hint ?? connectionHint((error as PostgresError).code ?? '', words),
  });
}

function connectionHint(code: string, words: string): string {
  if (words.includes('statement pooling mode')) {
    return 'Set pool_mode to transaction or session for this database in the pooler, or name the server itself.';
  }
  if (words.includes('unsupported startup parameter')) {
    return 'Remove that parameter from the location, or name it in ignore_startup_parameters of the pooler.';
  }
  if (/no encryption|SSL off/.test(words)) return 'Set sslmode=require, or a stronger one.';
  if (code.startsWith('28') || /password|authentication failed/.test(words)) {
    return 'Check the user, and the password in PGPASSWORD or PGPASSFILE.';
  }
  if (code === '3D000' || words.startsWith('no such database')) return 'Name a database that exists.';
  return 'See that the database runs and can be reached from here.';
}

/** The server refuses a statement, or cannot end it. */
export function statementError(
  name: string,
  error: unknown,
  statement: string,
  query: string | undefined,
): OperationalError {
  const { code = '' } = error as PostgresError;
  const words = wordsOf(error);
  const unreadable = (hint: string): OperationalError =>
    unavailableError(`The sink ${name} cannot be read: ${words}`, { cause: error, hint });
  if (!isSqlState(code)) return unreadable('See that the database runs and can be reached from here.');
  if (code === '42501') {
    if (/row-level security/.test(words)) {
      return unavailableError(`The sink ${name} has hidden rows: ${words}`, {
        cause: error,
        hint: 'Read as the owner of the table or as a user with BYPASSRLS: otherwise rows that are there would count as lost.',
      });
    }
    return unreadable(
      'Give the user the privilege SELECT on it (GRANT SELECT ON … TO …), and USAGE on its schema.',
    );
  }
  if (code === '25006') {
    return usageError(
      `The query writes, and nodrop only reads: ${words}${positionIn(error, statement, query)}`,
    );
  }
  if (code === '40001' || /conflict with recovery/.test(words)) {
    return unreadable(
      'The replica removed rows that the query still needed: set hot_standby_feedback = on there, raise max_standby_streaming_delay, or read the primary.',
    );
  }
  // Not found, malformed, not supported, or a value that an expression of the query cannot take.
  if (/^(42|0A|21|22|P0|3F|2F|38|39)/.test(code)) {
    return usageError(`The sink ${name} refuses the query: ${words}${positionIn(error, statement, query)}`);
  }
  if (code.startsWith('08')) return unreadable(connectionHint(code, words));
  if (code === '55P03')
    return unreadable('Another session holds a lock on it: end that one, then read again.');
  if (code === '57014') return unreadable('Another session or the server itself cancelled the statement.');
  return unreadable("Check the server's log.");
}

/** Where in the user's query the error is: empty if the database does not say so. */
function positionIn(error: unknown, statement: string, query: string | undefined): string {
  const { position } = error as PostgresError;
  if (query === undefined || position === undefined) return '';
  // PostgreSQL counts characters from 1, and not halves of UTF-16.
  const place =
    Number(position) - 1 - Array.from(statement.slice(0, statement.indexOf(`(\n${query}\n)`) + 2)).length;
  const letters = Array.from(query);
  if (place < 0 || place > letters.length) return '';
  const before = letters.slice(0, place);
  const line = before.filter((letter) => letter === '\n').length + 1;
  const column = before.length - before.lastIndexOf('\n');
  return ` (line ${line}, character ${column} of the query)`;
}
