/** Text for a terminal: at most 80 columns, and no control characters. */
import { printable } from '../../text/printable.ts';

const width = 80;

/** Breaks a text at spaces so that no line passes 80 columns; later lines are indented alike. */
export function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of printable(text).split(' ')) {
    if (line.length > indent.length && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
    }
    line += line.length > indent.length ? ` ${word}` : word;
  }
  return [...lines, line];
}

/** Splits words that are longer than a line with this indent. */
export function chopped(text: string, indent: number): string {
  const max = width - indent;
  return text.replaceAll(new RegExp(`[^ ]{${max}}(?=[^ ])`, 'gu'), (piece) => `${piece} `);
}
