/** Numbers as digits in ASCII, written in place. */

const zero = 0x30;
const smallA = 0x61;
const hexDigits = Buffer.from('0123456789abcdef');

/** Writes an integer from 0 to 2^53 with exactly this many digits, padded with zeros. */
export function writeDecimal(target: Uint8Array, start: number, digits: number, value: number): void {
  let rest = value;
  let at = start + digits - 1;
  for (; at >= start && rest > 0x7fffffff; at--) {
    const tenth = Math.floor(rest / 10);
    target[at] = zero + rest - tenth * 10;
    rest = tenth;
  }
  // Integer division is much faster than division in floating point.
  for (let small = rest | 0; at >= start; at--) {
    const tenth = (small / 10) | 0;
    target[at] = zero + small - tenth * 10;
    small = tenth;
  }
}

/** Writes an unsigned number of 32 bits as 8 hexadecimal digits. */
export function writeHex(target: Uint8Array, start: number, value: number): void {
  for (let at = 0; at < 8; at++) target[start + at] = hexDigits[(value >>> (28 - at * 4)) & 0xf]!;
}

/** How many digits an integer of at least 0 has. */
export function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  return digits;
}

/** Reads 8 hexadecimal digits in lower case. The caller ensures that they are there. */
export function readHex(source: Uint8Array, start: number): number {
  let value = 0;
  for (let at = start; at < start + 8; at++) {
    const byte = source[at]!;
    value = (value << 4) | (byte >= smallA ? byte - smallA + 10 : byte - zero);
  }
  return value >>> 0;
}

/** Reads an integer of at most `digitsMax` digits without leading zeros; −1 if the bytes are not such an integer. */
export function readDecimal(source: Uint8Array, start: number, end: number, digitsMax: number): number {
  const digits = end - start;
  if (digits < 1 || digits > digitsMax || (digits > 1 && source[start] === zero)) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = source[at]! - zero;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
