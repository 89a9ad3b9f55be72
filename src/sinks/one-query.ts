/**
 * The text of a user's query, for use in parentheses within a larger one: one statement that only reads, without the
 * comments and the `;` at its end. The database decides what the statement is. This look at it gives plain errors, and
 * keeps a second statement out.
 */
import { usageError, type OperationalError } from '../errors.ts';

/** How a database's SQL differs from the standard's. */
export interface SqlDialect {
  /** The patterns of quoted texts and comments, sticky. An opening that matches none of them is not closed. */
  comment: RegExp;
  quoted: RegExp;
  /** The beginning of a quoted text or of a comment. */
  opening: RegExp;
  /** Comments that the database runs; undefined if it has none. */
  executed?: RegExp;
  /** `/*` within a comment begins another one. */
  nestsComments: boolean;
  /** What may stand around a name. */
  nameQuotes: string;
  /** A query of the names of all tables, as `--table` takes them. */
  tables: string;
}

export const postgresDialect: SqlDialect = {
  comment: /--[^\n\r]*/y,
  quoted:
    /(?<![\w$\u0080-\uffff])[eE]'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$\u0080-\uffff])(\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)[^]*?\1/y,
  opening:
    /['"]|(?<![\w$\u0080-\uffff])[eE]'|(?<![\w$\u0080-\uffff])\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y,
  nestsComments: true,
  nameQuotes: '"',
  tables: `SELECT oid::regclass::text AS name FROM pg_class
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(oid)
      AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    ORDER BY 1`,
};

/** With the character of an escape in texts, which MySQL has unless `NO_BACKSLASH_ESCAPES` is set. */
export const mysqlDialect: SqlDialect = {
  comment: /--(?=\s|$)[^\n]*|#[^\n]*/y,
  quoted: /'(?:[^'\\]|\\[^]|'')*'|"(?:[^"\\]|\\[^]|"")*"|`(?:[^`]|``)*`/y,
  opening: /['"`]/y,
  executed: /\/\*M?!/y,
  nestsComments: false,
  nameQuotes: '`"',
  tables:
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1',
};

export const sqliteDialect: SqlDialect = {
  comment: /--[^\n]*/y,
  quoted: /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]/y,
  opening: /['"`[]/y,
  nestsComments: false,
  nameQuotes: '`"',
  tables: `SELECT name FROM sqlite_schema
    WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite@_%' ESCAPE '@' ORDER BY 1`,
};

const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;

const hint = 'A query is one SELECT, WITH, TABLE or VALUES, as in --query "select id, status from orders".';

/** Throws `usage` if the text is not one statement that reads rows. */
export function oneQuery(text: string, dialect: SqlDialect): string {
  let at = 0;
  /** Where the last part ends that is neither a blank nor a comment. */
  let end = 0;
  let first = '';
  let depth = 0;
  let isEnded = false;
  while (at < text.length) {
    const [token, isComment] = tokenAt(text, at, dialect);
    at += token.length;
    if (isComment || /^\s$/.test(token)) continue;
    if (token === ';') {
      if (depth !== 0) throw unbalancedError();
      // An empty statement is none.
      isEnded ||= end > 0;
      continue;
    }
    if (isEnded) throw usageError('The query has more than one statement.', hint);
    end = at;
    if (token === '(') depth += 1;
    if (token === ')' && --depth < 0) throw unbalancedError();
    if (first === '' && token !== '(') first = token;
  }
  if (first === '') throw usageError('The query is empty.', hint);
  if (depth !== 0) throw unbalancedError();
  if (!/^(select|with|table|values)$/i.test(first)) {
    throw usageError(`The query begins with ${first.slice(0, 20)}: nodrop only reads.`, hint);
  }
  return text.slice(0, end).replace(/^[\s;]+/, '');
}

const unbalancedError = (): OperationalError =>
  usageError('A parenthesis of the query has no counterpart.', hint);

/** The token at a place, and whether it is a comment. */
function tokenAt(text: string, at: number, dialect: SqlDialect): [token: string, isComment: boolean] {
  const { comment, quoted, opening, executed, nestsComments } = dialect;
  if (executed !== undefined && matchAt(executed, text, at) !== undefined) {
    throw usageError(
      'The query has a comment that the database would run (/*! … */).',
      'Write it without one.',
    );
  }
  const line = matchAt(comment, text, at);
  if (line !== undefined) return [line, true];
  if (text.startsWith('/*', at)) return [blockComment(text, at, nestsComments), true];
  const whole = matchAt(quoted, text, at);
  if (whole !== undefined) return [whole, false];
  if (matchAt(opening, text, at) !== undefined) {
    throw usageError(`A quotation of the query is not closed: ${text.slice(at, at + 20)}`, hint);
  }
  return [matchAt(word, text, at) ?? text[at]!, false];
}

function blockComment(text: string, from: number, nests: boolean): string {
  let depth = 1;
  let at = from + 2;
  while (depth > 0) {
    if (at >= text.length) throw usageError('A comment of the query is not closed.', hint);
    if (text.startsWith('*/', at)) {
      depth -= 1;
      at += 2;
    } else if (nests && text.startsWith('/*', at)) {
      depth += 1;
      at += 2;
    } else {
      at += 1;
    }
  }
  return text.slice(from, at);
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
