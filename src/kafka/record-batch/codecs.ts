/** The compression codecs of record batches, with a limit on the decompressed size. */
import { compressionsAlgorithms } from '@platformatic/kafka';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Codec } from '../client/client-settings.ts';

/** nodrop refuses a batch that would decompress to more, before or while it decompresses the batch. */
export const decompressedBytesMax = 128 * 1024 * 1024;

export const compress = (codec: Codec, bytes: Buffer): Buffer =>
  compressionsAlgorithms[codec].compressSync(bytes);

/**
 * Throws if the bytes are not a whole stream of that codec, or decompress to more than the limit. Reads what Java's
 * client reads: several gzip members, zstd frames or xerial streams one after the other, but the first lz4 frame only.
 */
export const decompress = (codec: Codec, bytes: Buffer): Buffer => decompressors[codec](bytes);

const decompressors: Record<Codec, (bytes: Buffer) => Buffer> = {
  none: (bytes) => bytes,
  gzip: (bytes) => gunzipSync(bytes, { maxOutputLength: decompressedBytesMax }),
  zstd: unzstd,
  snappy(bytes) {
    const stream = oneXerialStream(bytes);
    refuseBeyondLimit(snappyBytes(stream));
    return compressionsAlgorithms.snappy.decompressSync(stream);
  },
  lz4(bytes) {
    refuseBeyondLimit(lz4BytesMax(bytes));
    return compressionsAlgorithms.lz4.decompressSync(bytes);
  },
};

/** `zstdDecompressSync` stops at the end of the first frame. */
function unzstd(bytes: Buffer): Buffer {
  const frames: Buffer[] = [];
  let left = decompressedBytesMax;
  let at = 0;
  do {
    // A limit of 0 would mean none.
    const options = { maxOutputLength: Math.max(1, left), info: true };
    const { buffer, engine } = zstdDecompressSync(bytes.subarray(at), options) as unknown as WithInfo;
    left -= buffer.length;
    refuseBeyondLimit(decompressedBytesMax - left);
    frames.push(buffer);
    at += engine.bytesWritten;
  } while (at < bytes.length);
  return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
}

/** `bytesWritten`: how many bytes the decoder has taken. */
interface WithInfo {
  buffer: Buffer;
  engine: { bytesWritten: number };
}

// The WebAssembly decoders have no limit, so the size is computed from the framing before they run.
function refuseBeyondLimit(decompressedBytes: number): void {
  if (decompressedBytes > decompressedBytesMax)
    throw new RangeError(`would decompress to more than ${decompressedBytesMax} bytes`);
}

const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);

const xerialHeaderBytes = 16;

/** The library reads one stream: further ones lose their headers, which stand where the length of a chunk would. */
function oneXerialStream(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return bytes;
  const parts: Buffer[] = [];
  let start = 0;
  for (let at = xerialHeaderBytes; at < bytes.length;) {
    if (bytes.subarray(at, at + xerialMagic.length).equals(xerialMagic)) {
      parts.push(bytes.subarray(start, at));
      start = at += xerialHeaderBytes;
      if (start > bytes.length) throw new RangeError('the header of a xerial stream is cut off');
    } else {
      at += 4 + bytes.readUInt32BE(at);
    }
  }
  return start === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(start)]);
}

/** For raw snappy, and for the chunks in which the Java clients frame it. */
function snappyBytes(bytes: Buffer): number {
  if (!bytes.subarray(0, 8).equals(xerialMagic)) return snappyChunkBytes(bytes);
  let total = 0;
  for (let at = xerialHeaderBytes; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    total += snappyChunkBytes(bytes.subarray(at + 4, end));
    at = end;
  }
  return total;
}

function snappyChunkBytes(chunk: Buffer): number {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = chunk.readUInt8(i);
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  throw new RangeError('the length of a snappy block is malformed');
}

const lz4Magic = 0x184d2204;

/** An upper limit for the frames: a block decompresses to at most 255 times its size, and at most to its maximum. */
function lz4BytesMax(bytes: Buffer): number {
  let total = 0;
  for (let at = 0; at < bytes.length;) {
    if (bytes.readUInt32LE(at) !== lz4Magic)
      throw new RangeError('an lz4 frame does not begin with its mark');
    const flags = bytes.readUInt8(at + 4);
    const blockBytesMax = 2 ** (8 + 2 * ((bytes.readUInt8(at + 5) >> 4) & 7));
    const checksumBytes = flags & 0x10 ? 4 : 0;
    at += 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
    for (let size = bytes.readUInt32LE(at); size !== 0; size = bytes.readUInt32LE(at)) {
      const blockBytes = size & 0x7fffffff;
      total += Math.min(blockBytesMax, blockBytes * 255);
      at += 4 + blockBytes + checksumBytes;
    }
    at += 4 + (flags & 0x04 ? 4 : 0);
  }
  return total;
}
