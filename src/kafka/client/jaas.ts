/**
 * Parses `sasl.jaas.config` exactly as Kafka's Java clients do, whose parser is `java.io.StreamTokenizer`: the same file
 * must not mean one thing to Kafka's tools and another to nodrop. No error repeats the text, since it holds a secret.
 */
import { usageError, type OperationalError } from '../../errors.ts';

export interface LoginModule {
  /** The Java class, such as `org.apache.kafka.common.security.plain.PlainLoginModule`. */
  className: string;
  options: ReadonlyMap<string, string>;
}

/** `text`: of a word or a quoted text. `sign`: `=`, `;`, another character that begins no word, or a number. */
type Token = { text: string } | { sign: string };

const form = 'CLASS required NAME="VALUE" NAME="VALUE";';
const flags = ['REQUIRED', 'REQUISITE', 'SUFFICIENT', 'OPTIONAL'];

/** Throws `usage` unless the text is one login module. */
export function parseJaas(jaas: string): LoginModule {
  const tokens = [...tokensOf(jaas)];
  const modules: LoginModule[] = [];
  while (tokens.length > 0) modules.push(takeModule(tokens));
  const [module] = modules;
  if (module === undefined) throw malformed('names no login module');
  if (modules.length > 1) {
    throw malformed(
      'names several login modules, and Kafka takes one: a value that holds a semicolon needs quotes',
    );
  }
  return module;
}

/** Takes the tokens of one login module from the front, up to its semicolon. */
function takeModule(tokens: Token[]): LoginModule {
  const className = textOf(tokens.shift());
  if (className === undefined || className === '') throw malformed('does not begin with a class name');
  const flag = textOf(tokens.shift());
  if (flag === undefined || !flags.includes(flag.toUpperCase())) {
    throw malformed('has no flag (required, requisite, sufficient or optional) after the class name');
  }
  const options = new Map<string, string>();
  for (let count = 1; ; count++) {
    const name = tokens.shift();
    if (name === undefined) throw malformed('does not end with a semicolon');
    if ('sign' in name && name.sign === ';') return { className, options };
    const equals = tokens.shift();
    const value = textOf(tokens.shift());
    if (equals === undefined || !('sign' in equals) || equals.sign !== '=' || value === undefined) {
      throw malformed(
        `gives no value to option ${count}: a value that is more than letters and digits needs quotes`,
      );
    }
    // Java keeps an option whose name is a sign, and never asks for it.
    if ('text' in name) options.set(name.text, value);
  }
}

const textOf = (token: Token | undefined): string | undefined =>
  token !== undefined && 'text' in token ? token.text : undefined;

const malformed = (problem: string): OperationalError =>
  usageError(`sasl.jaas.config ${problem}.`, `Its form is: ${form}`);

/**
 * Blanks, and comments. A comment with an asterisk may lack its end. A single slash begins a comment, too, whose first
 * character may even be the end of the line.
 */
const gap = /(?:[\0-\x20]|\/\*(?:[^]*?\*\/|[^]*$)|\/(?!\*)[^]?[^\r\n]*)*/y;
const word = /[A-Za-z_$\xa0-\uffff][-.\w$\xa0-\uffff]*/y;
/** Java reads a number here, and Kafka takes none, even as a value. */
const number = /-?(?:\d+\.?\d*|\.\d*)/y;
/** A quoted text ends at its quote, at the end of the line, or at the end of all. */
const quoted = /(["'])((?:\\[^]|(?!\1)[^\\\r\n])*)(\\$)?\1?/y;

function* tokensOf(jaas: string): Generator<Token> {
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(jaas);
    at += found?.[0].length ?? 0;
    return found;
  };
  for (;;) {
    match(gap);
    if (at >= jaas.length) return;
    const plain = match(word);
    if (plain !== null) {
      yield { text: plain[0] };
      continue;
    }
    const text = match(quoted);
    // For Java, an escape that the end cuts off is a character, too.
    if (text !== null) yield { text: unescape(text[2]!) + (text[3] === undefined ? '' : '\uffff') };
    else yield { sign: (match(number)?.[0] ?? jaas[at++])! };
  }
}

const controls: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** `\101` is a character by its octal number, as in C. */
const unescape = (text: string): string =>
  text.replaceAll(/\\(?:([0-3][0-7]{0,2}|[4-7][0-7]?)|([^]))/g, (_, octal?: string, char?: string) =>
    octal === undefined ? (controls[char!] ?? char!) : String.fromCharCode(Number.parseInt(octal, 8)),
  );
