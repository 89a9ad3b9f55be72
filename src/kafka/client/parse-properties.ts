/**
 * Parses a properties file exactly as `java.util.Properties` does: the same file must not mean one thing to Kafka's
 * tools and another to nodrop.
 */
import { usageError } from '../../errors.ts';

export interface Property {
  name: string;
  value: string;
  /** The line on which the property begins, counted from 1. */
  line: number;
}

/**
 * All properties in their order; Java keeps the last one of a name. Throws `usage` with a message that begins with
 * `where`.
 */
export function parseProperties(text: string, where: string): Property[] {
  return [...logicalLines(text)].map(({ content, line }) => {
    const end = nameEnd(content);
    // Blanks, with at most one `=` or `:` among them.
    const separator = /^[ \t\f]*[=:]?[ \t\f]*/.exec(content.slice(end))![0];
    const unescaped = (escaped: string): string => unescape(escaped, `${where}, line ${line}`);
    return {
      name: unescaped(content.slice(0, end)),
      value: unescaped(content.slice(end + separator.length)),
      line,
    };
  });
}

/** The end of the name: the first blank, `=` or `:` without a backslash before it. */
function nameEnd(content: string): number {
  const match = /^(?:\\.|[^\\=: \t\f])*/s.exec(content)!;
  return match[0].length;
}

/** Joins lines that end in an odd number of backslashes with the next; skips comments, empty lines and indents. */
function* logicalLines(text: string): Generator<{ content: string; line: number }> {
  // The last line end is cut off: after a backslash before it, Java continues with an empty line.
  const lines = text.replace(/(?:(?<!\r)\n|\r)$/, '').split(/\r\n|\r|\n/);
  let content = '';
  let begin = 0;
  for (const [index, natural] of lines.entries()) {
    const line = natural.replace(/^[ \t\f]+/, '');
    if (content === '') {
      begin = index + 1;
      // Also after a line with only a backslash: for Java, no property has begun yet.
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
