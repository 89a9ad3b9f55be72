/**
 * Reads a properties file as `java.util.Properties` does, rule for rule: the same file must not mean one thing to
 * Kafka's tools and another to nodrop.
 */
import { usageError } from '../../errors.ts';

export interface Property {
  name: string;
  value: string;
  /** Where it begins, from 1. */
  line: number;
}

/** All properties in their order; Java keeps the last one of a name. Throws a usage error that begins with `where`. */
export function parseProperties(text: string, where: string): Property[] {
  return [...logicalLines(text)].map(({ content, line }) => {
    const end = nameEnd(content);
    // Blanks, and one `=` or `:` among them.
    const separator = /^[ \t\f]*[=:]?[ \t\f]*/.exec(content.slice(end))![0];
    const unescaped = (escaped: string): string => unescape(escaped, `${where}, line ${line}`);
    return {
      name: unescaped(content.slice(0, end)),
      value: unescaped(content.slice(end + separator.length)),
      line,
    };
  });
}

/** Where the name ends: at the first blank, `=` or `:` without a backslash before it. */
function nameEnd(content: string): number {
  const match = /^(?:\\.|[^\\=: \t\f])*/s.exec(content)!;
  return match[0].length;
}

/** Lines with those joined that end in an odd number of backslashes, without comments, empty lines and indents. */
function* logicalLines(text: string): Generator<{ content: string; line: number }> {
  // Without the last line's end: a backslash before it goes on to nothing, which to Java is a line all the same.
  const lines = text.replace(/(?:(?<!\r)\n|\r)$/, '').split(/\r\n|\r|\n/);
  let content = '';
  let begin = 0;
  for (const [index, natural] of lines.entries()) {
    const line = natural.replace(/^[ \t\f]+/, '');
    if (content === '') {
      begin = index + 1;
      // Also behind a line with nothing but a backslash: to Java nothing has begun yet.
      if (/^(?:[#!]|$)/.test(line)) continue;
    }
    const goesOn = /(?<!\\)(?:\\\\)*\\$/.test(line);
    content += goesOn ? line.slice(0, -1) : line;
    if (goesOn && index < lines.length - 1) continue;
    yield { content, line: begin };
    content = '';
  }
}

const controls: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n', f: '\f' };

function unescape(escaped: string, where: string): string {
  return escaped.replaceAll(/\\(?:u([\da-fA-F]{4})|(.))/gs, (_, code: string | undefined, char: string) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    if (char === 'u') {
      throw usageError(
        `${where}: \\u is not followed by four hexadecimal digits.`,
        'A backslash itself is written twice.',
      );
    }
    return controls[char] ?? char;
  });
}
