/** Numbers as digits in ASCII, written in place. */

const zero = 0x30;
const hexDigits = Buffer.from('0123456789abcdef');

/** Writes an integer from 0 to 2^53 with just so many digits, zeros in front. */
export function writeDecimal(target: Uint8Array, start: number, digits: number, value: number): void {
  let rest = value;
  let at = start + digits - 1;
  for (; at >= start && rest > 0x7fffffff; at--) {
    const tenth = Math.floor(rest / 10);
    target[at] = zero + rest - tenth * 10;
    rest = tenth;
  }
  // Much faster than division in floating point.
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
