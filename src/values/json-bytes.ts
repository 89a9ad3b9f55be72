/** The kinds of bytes in a JSON document. */

/** By byte: 1 if it stands for itself in a string. */
export const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
);

/**
 * 0 if each of four bytes stands for itself in a string: none is below 0x20, a quote or a backslash. Otherwise, the lowest bit
 * that is set lies in the first byte that does not.
 */
export function marksOf(word: number): number {
  // The lowest byte of (x − n) & ~x that has its high bit is the first byte of x below n. No n has a high bit.
  const below = (word - 0x20202020) | ((word ^ 0x22222222) - 0x01010101) | ((word ^ 0x5c5c5c5c) - 0x01010101);
  return below & ~word & 0x80808080;
}

/** The index of the first byte of a word that `marksOf` has marked. */
export const firstMarked = (marks: number): number => (31 - Math.clz32(marks & -marks)) >> 3;

/** Whether the bytes from `start` to `end` are exactly this text. */
export function isText(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let index = 0; index < text.length; index++) {
    if (bytes[start + index] !== text[index]) return false;
  }
  return true;
}

export const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
export const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
export const isHexDigit = (byte: number): boolean =>
  isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
