/** Reads the variable-length numbers and byte fields of records, and never reads beyond its limit. */

export class MalformedRecords extends Error {}

export class VarintReader {
  position = 0;
  limit: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.limit = bytes.length;
  }

  readByte(): number {
    if (this.position >= this.limit)
      throw new MalformedRecords(`a record ends too early, at byte ${this.position}`);
    return this.#bytes[this.position++]!;
  }

  /** A zigzag number of at most 32 bits. */
  readInt(): number {
    let byte = this.readByte();
    let raw = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift > 28) throw new MalformedRecords(`a number is too long, at byte ${this.position}`);
      byte = this.readByte();
      raw |= (byte & 0x7f) << shift;
    }
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** A zigzag number of at most 64 bits; exact within 53. */
  readLong(): number {
    let byte = this.readByte();
    let raw = byte & 0x7f;
    for (let factor = 0x80; byte >= 0x80; factor *= 0x80) {
      if (factor > 2 ** 63) throw new MalformedRecords(`a number is too long, at byte ${this.position}`);
      byte = this.readByte();
      raw += (byte & 0x7f) * factor;
    }
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
  }

  /** Skips a field and its length; returns the length, −1 for null. The field then ends at `position`. */
  skipField(): number {
    const length = this.readInt();
    if (length < -1 || length > this.limit - this.position)
      throw new MalformedRecords(`a field of ${length} bytes does not fit, at byte ${this.position}`);
    if (length > 0) this.position += length;
    return length;
  }
}
