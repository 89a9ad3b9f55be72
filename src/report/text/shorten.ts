/** Bounds the texts and lists of a report, since those of a run may have any size. */
import { printable } from '../../text/printable.ts';

const textCharsMax = 500;
const itemsMax = 100;

/** One line of text from outside, without control characters. */
export function shortText(text: string): string {
  const isShort = text.length <= textCharsMax;
  return printable(isShort ? text : `${text.slice(0, textCharsMax)}…`);
}

/** The first texts, a line each; if there are more, a last line says how many. */
export function shortList(texts: readonly string[], linesMax = itemsMax): string[] {
  if (texts.length <= linesMax) return texts.map(shortText);
  const shown = texts.slice(0, linesMax - 1).map(shortText);
  return [...shown, `and ${texts.length - shown.length} more`];
}
