/** The name of a table as a user writes it: `orders`, `shop.orders`, or with quotes `"Shop"."Orders"`. */
import { usageError } from '../errors.ts';

export interface NamePart {
  name: string;
  isQuoted: boolean;
}

/** Divides a name at its dots. A part in one of `quotes` keeps its dots. Throws `usage` if it is malformed. */
export function parseTableName(text: string, quotes: string): NamePart[] {
  const parts: NamePart[] = [];
  let rest = text;
  for (;;) {
    const quote = rest[0] ?? '';
    let part: NamePart;
    if (quote !== '' && quotes.includes(quote)) {
      const end = closingQuote(rest, quote);
      if (end < 0) throw malformedError(text);
      part = { name: rest.slice(1, end).replaceAll(quote + quote, quote), isQuoted: true };
      rest = rest.slice(end + 1);
    } else {
      const [name] = /^[^.]*/.exec(rest)!;
      part = { name, isQuoted: false };
      rest = rest.slice(name.length);
    }
    if (part.name === '' || (rest !== '' && rest[0] !== '.')) throw malformedError(text);
    parts.push(part);
    if (rest === '') return parts;
    rest = rest.slice(1);
  }
}

function closingQuote(text: string, quote: string): number {
  for (let at = 1; at < text.length; at++) {
    if (text[at] !== quote) continue;
    if (text[at + 1] !== quote) return at;
    at += 1;
  }
  return -1;
}

const malformedError = (text: string): Error =>
  usageError(
    `--table ${text} is no name of a table.`,
    'Write TABLE or SCHEMA.TABLE, with quotes around a name that holds a dot.',
  );
